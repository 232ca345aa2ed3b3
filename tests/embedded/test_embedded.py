"""The embedded PostgreSQL: starts, is taken over, survives kills, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from hub.embedded import EmbeddedPostgres, EmbeddedRefused
from hub.settings import ROOT, Role


def _pid(var: Path) -> int:
    return int((var / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def _children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def _ask(url: str, question: str) -> str:
    with psycopg.connect(url) as conn:
        (answer,) = conn.execute(question.encode()).fetchone() or ("",)
    return str(answer)


def test_every_role_reaches_its_database(tmp_path: Path) -> None:
    """The hub's roles and Airflow's each log in with a password of their own; nobody gets in without."""
    with EmbeddedPostgres(tmp_path / "var", durable=False) as embedded:
        for role in Role:
            assert _ask(embedded.url(role), "select current_user || '@' || current_database()") == f"hub_{role}@hub"
        airflow = embedded.environment()["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg", "")
        assert _ask(airflow, "select current_user || '@' || current_database()") == "airflow@airflow"
        passwords = {path.read_text() for path in (tmp_path / "var" / "secrets").iterdir()}
        assert len(passwords) == 6
        for wrong in (airflow.replace("/airflow?", "/hub").rsplit("/", 1)[0] + "/hub", embedded.url(Role.API) + "x"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(wrong)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=embedded.port, user="hub_owner", dbname="hub", password="guess")


def test_files_are_private_and_go_away(tmp_path: Path) -> None:
    """Passwords and data are readable by their owner alone, and whoever started the server can delete all of it."""
    var = tmp_path / "var"
    before = os.umask(0o022)
    try:
        embedded = EmbeddedPostgres(var, durable=False).start()
    finally:
        os.umask(before)
    with embedded:
        assert {folder.stat().st_mode & 0o777 for folder in (var, var / "logs")} == {0o700}
        assert (var / "logs" / "postgres.log").stat().st_mode & 0o777 == 0o600
        assert {path.stat().st_mode & 0o777 for path in (var / "secrets").iterdir()} == {0o600}
        assert (var / "secrets").stat().st_mode & 0o777 == 0o700
        assert (var / "postgres").stat().st_mode & 0o777 == 0o700
        owners = {path.stat().st_uid for path in var.rglob("*")}

    assert owners == {os.geteuid()}
    shutil.rmtree(var)


def test_server_listens_on_loopback_alone(tmp_path: Path) -> None:
    """The server listens on 127.0.0.1, makes no socket file, and waits for the disk unless told otherwise."""
    with EmbeddedPostgres(tmp_path / "var") as embedded:
        url = embedded.admin_url()
        assert _ask(url, "show listen_addresses") == "127.0.0.1"
        assert _ask(url, "show unix_socket_directories") == ""
        assert _ask(url, "show password_encryption") == "scram-sha-256"
        assert [_ask(url, f"show {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == ["on"] * 3


def test_running_server_is_taken_over(tmp_path: Path) -> None:
    """A second start on the same folder finds the running server; leaving that one does not stop it."""
    with EmbeddedPostgres(tmp_path / "var", durable=False) as first:
        with EmbeddedPostgres(tmp_path / "var", durable=False) as second:
            assert second.port == first.port

        assert _ask(first.url(Role.OWNER), "select 1") == "1"


def test_stopped_server_is_gone_and_starts_again(tmp_path: Path) -> None:
    """After a stop no process is left, and the next start finds the data."""
    embedded = EmbeddedPostgres(tmp_path / "var", durable=False).start()
    with psycopg.connect(embedded.url(Role.OWNER)) as conn:
        conn.execute("create table kept as select 42 as answer")
    pid = _pid(tmp_path / "var")
    children = _children(pid)

    embedded.stop()
    embedded.stop()

    assert not any(Path(f"/proc/{process}").exists() for process in {pid, *children})
    with EmbeddedPostgres(tmp_path / "var", durable=False) as again:
        assert _ask(again.url(Role.OWNER), "select answer from kept") == "42"


@pytest.mark.parametrize("whom", ["postmaster", "all"])
def test_killed_server_starts_again_with_its_data(tmp_path: Path, whom: str) -> None:
    """After SIGKILL of the server, alone or with all its processes, the next start recovers what was committed."""
    var = tmp_path / "var"
    embedded = EmbeddedPostgres(var).start()
    with psycopg.connect(embedded.url(Role.OWNER)) as conn:
        conn.execute("create table kept as select 42 as answer")
    pid = _pid(var)
    for process in {pid, *(_children(pid) if whom == "all" else ())}:
        os.kill(process, signal.SIGKILL)

    with EmbeddedPostgres(var) as again:
        assert _ask(again.url(Role.OWNER), "select answer from kept") == "42"


def test_pid_file_of_another_program_is_no_obstacle(tmp_path: Path) -> None:
    """A pid file whose number now belongs to another program, as after a reboot, is set aside and nobody is harmed."""
    var = tmp_path / "var"
    embedded = EmbeddedPostgres(var, durable=False).start()
    lines = (var / "postgres" / "postmaster.pid").read_text().splitlines()
    embedded.stop()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (var / "postgres" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

        with EmbeddedPostgres(var, durable=False) as again:
            assert _ask(again.url(Role.OWNER), "select 1") == "1"
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_server_outlives_a_killed_launcher_and_is_taken_over(tmp_path: Path) -> None:
    """When its launcher is killed the server stays, and the next launcher takes it over and stops it."""
    program = (
        "import sys, pathlib; from hub.embedded import EmbeddedPostgres\n"
        "print(EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False).start().port, flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "var")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        port = int(launcher.stdout.readline())
        launcher.kill()

    heir = EmbeddedPostgres(tmp_path / "var", durable=False).start()

    assert heir.port == port
    heir.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    """A first start that was killed in the middle leaves nothing that disturbs the next one."""
    (tmp_path / "var" / "postgres.new" / "base").mkdir(parents=True)

    with EmbeddedPostgres(tmp_path / "var", durable=False) as embedded:
        assert _ask(embedded.url(Role.OWNER), "select 1") == "1"


def test_taken_port_is_named(tmp_path: Path) -> None:
    """A port that another program holds gives an error that names it and says what to do."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        with pytest.raises(EmbeddedRefused, match=f"port {port} is taken"):
            EmbeddedPostgres(tmp_path / "var", port=port, durable=False).start()


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    """Neither /tmp nor shared memory nor the current folder gets a file of the server."""
    places = [Path("/tmp"), Path("/dev/shm"), tmp_path, Path.cwd()]
    before = {place: {path.name for path in place.iterdir()} for place in places}
    with EmbeddedPostgres(tmp_path / "var", durable=False) as embedded:
        _ask(embedded.admin_url(), "select count(*) from pg_class a cross join pg_class b")
        time.sleep(0.1)
        after = {place: {path.name for path in place.iterdir()} for place in places}

    new = {name for place in places for name in after[place] - before[place]}
    assert {name for name in new if "PGSQL" in name or "PostgreSQL" in name or name == "var"} == {"var"}
