"""What the launcher stands on: ports, locks, secrets, environment, configuration."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hub.launch import configuration, environment, lock, ports, reset, secret, service
from hub.launch.configuration import Addresses
from hub.launch.errors import AlreadyRunning, LaunchError, NotReady
from hub.settings import Environment, Settings

ADDRESSES = Addresses(api=8000, airflow=8080, twin=8090)
URLS = {
    "HUB_DATABASE_URL": "postgresql://hub_owner:x@127.0.0.1:1/hub",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg://airflow:x@127.0.0.1:1/airflow",
}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_free_port_is_taken_as_wanted() -> None:
    """The preferred port is used when nobody listens on it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]

    assert ports.choose(free) == free


def test_a_taken_port_is_replaced() -> None:
    """Another free port is chosen when somebody listens on the preferred one, and never one given out already."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]

        chosen = ports.choose(taken)

    assert chosen != taken
    assert ports.choose(chosen, avoid=[chosen]) != chosen


def test_a_second_launcher_is_told_who_runs(tmp_path: Path) -> None:
    """Two launchers on one folder: the second gets a sentence with the first one's process id."""
    handle = lock.take(tmp_path)

    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}.*HUB_VAR_DIR"):
        lock.take(tmp_path)

    os.close(handle)
    os.close(lock.take(tmp_path))


def test_racing_processes_read_one_secret(tmp_path: Path) -> None:
    """Of many processes that ask first at once, all print the same key, and its file is private."""
    command = [sys.executable, "-m", "hub.launch.secret", "jwt"]
    env = os.environ | {"HUB_VAR_DIR": str(tmp_path)}

    racing = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    printed = {process.communicate()[0] for process in racing}

    assert len(printed) == 1
    assert len(printed.pop()) >= 86  # 64 bytes in base64: HS512 wants no less
    assert mode(secret.secrets_dir(tmp_path) / "jwt") == 0o600
    assert mode(secret.secrets_dir(tmp_path)) == 0o700


@pytest.mark.parametrize(("name", "told"), [("metadata", "hub up"), ("nonsense", "no secret named")])
def test_a_secret_that_is_not_there_is_explained(tmp_path: Path, name: str, told: str) -> None:
    """A secret that nobody wrote yet, or that does not exist, gives a sentence and exit code 1."""
    env = os.environ | {"HUB_VAR_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-m", "hub.launch.secret", name], env=env, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr


def test_children_write_below_var_alone(tmp_path: Path) -> None:
    """Every variable by which a library finds a place for its files points below `var`."""
    env = environment.airflow(tmp_path, 8080, {"HOME": "/elsewhere", "PYTHONPATH": "/elsewhere", "TMPDIR": "/tmp"})

    places = [name for name in env if name in ("HOME", "TMPDIR") or name.startswith(("XDG_", "AIRFLOW__LOGGING__"))]
    assert len(places) == 8
    assert all(env[name].startswith(str(tmp_path)) for name in places)
    assert "PYTHONPATH" not in env


def test_a_sandbox_is_private_and_readable_by_the_settings(tmp_path: Path) -> None:
    """`hub.env` and every secret are 0600, and the settings find the twin and its secret by reference."""
    configuration.write_sandbox(tmp_path, ADDRESSES, URLS)

    settings = Settings(_env_file=tmp_path / "hub.env")
    register = settings.registers["population"]
    assert settings.environment is Environment.SANDBOX
    assert register.secret == f"file:{tmp_path}/secrets/population.secret"
    assert register.officers["CB-00123"] == "CB-00123"
    assert settings.feed("population.citizens").scope == "all"
    assert {mode(path) for path in tmp_path.rglob("*") if path.is_file()} == {0o600}
    assert "AIRFLOW" not in (tmp_path / "hub.env").read_text()


@pytest.mark.parametrize("value", ["it's", "back\\slash", "two\nlines"])
def test_a_value_that_hub_env_cannot_hold_is_refused(tmp_path: Path, value: str) -> None:
    """A value with a quote, a backslash or a line's end is refused by the name of its setting, without being shown."""
    with pytest.raises(LaunchError, match="HUB_DATABASE_URL holds a quote") as caught:
        configuration.write_sandbox(tmp_path, ADDRESSES, URLS | {"HUB_DATABASE_URL": value})

    assert value not in str(caught.value)
    assert not (tmp_path / "hub.env").exists()


def test_a_demonstration_empties_only_a_sandbox(tmp_path: Path) -> None:
    """State of a sandbox is deleted; a folder that belongs to something else is refused untouched."""
    configuration.write_sandbox(tmp_path, ADDRESSES, URLS)
    (tmp_path / "cache").mkdir()

    assert reset.empty(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]

    (tmp_path / "hub.env").write_text("HUB_ENVIRONMENT='production'\n")
    (tmp_path / "postgres").mkdir()
    with pytest.raises(LaunchError, match="not of a sandbox"):
        reset.empty(tmp_path)
    assert (tmp_path / "postgres").exists()


def test_a_server_that_ends_names_its_log(tmp_path: Path) -> None:
    """A server that ends before it answers gives its code and the log to read."""
    broken = service.Service("broken", (sys.executable, "-c", "print('why'); raise SystemExit(3)"), os.environ)
    running = service.start(broken, tmp_path)
    running.guard.wait(20)

    with pytest.raises(NotReady, match=r"broken ended with code 3\. Read .*broken\.log"):
        running.is_ready()

    assert running.log.read_text() == "why\n"


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """A server that does not answer within its time is given up with the log to read."""
    command = (sys.executable, "-c", "import time; time.sleep(60)")
    running = service.start(service.Service("mute", command, os.environ, lambda: False, start_within=0), tmp_path)

    with pytest.raises(NotReady, match="did not answer within 0 s"):
        running.is_ready()

    running.ask_to_stop()
    running.wait_stopped()
    assert running.ended()
