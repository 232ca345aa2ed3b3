"""The command line: help with examples, exit codes, sentences instead of tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import click
import psycopg
import pytest
import typer

from hub.cli import failures
from hub.cli.app import app
from hub.settings import ROOT, Role, Settings

ENV = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | {"COLUMNS": "200"}


def hub(*arguments: str, var: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    env = ENV | {"HUB_VAR_DIR": str(var or "/nonexistent")} | more
    command = [sys.executable, "-m", "hub.cli", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in getattr(group, "commands", {}).items():
        if getattr(command, "commands", None):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_helps_by_an_example(path: tuple[str, ...]) -> None:
    """Each command says in a sentence what it does, and shows one call of itself."""
    command = ALL[path]

    assert command.help and command.help.strip()
    assert f"Example: hub {' '.join(path)}" in (command.epilog or "")


def test_what_a_program_reads_can_be_json() -> None:
    """Every command that reports something has --json; the rest start servers or change one thing and say so."""
    without = {path for path, command in ALL.items() if not any("--json" in option.opts for option in command.params)}

    assert without == {
        ("up",),
        ("demo",),
        ("sandbox",),
        ("batch", "release"),
        ("batch", "discard"),
        ("quarantine", "discard"),
        ("consumer", "disable"),
        ("consumer", "enable"),
        ("consumer", "officer"),
        ("consumer", "grant"),
        ("consumer", "revoke"),
        ("alerts", "test"),
    }


def test_help_imports_nothing_heavy() -> None:
    """`hub --help` answers at once, because no command has loaded its room yet."""
    script = (
        "import sys\nfrom hub.cli.app import app\n"
        "print([name for name in ('pydantic', 'psycopg', 'cryptography', 'httpx', 'pandas') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("batch", "list"), "no database for role pipeline: set HUB_DATABASE_URL_PIPELINE, or run `hub up`"),
        (("db", "upgrade"), "no database for role owner: set HUB_DATABASE_URL, or run `hub up`"),
        (("run", "population.citizens"), "`hub up`"),
        (("run", "population.citizens", "--scope", "some"), "--scope is known_subjects or all"),
        (("run", "population.citizens", "--since", "lately"), "'lately' is no time"),
        (("mapping", "preview", "population/citizens"), "population/citizen"),
        (
            ("mapping", "preview", "population/citizen", "--record", "/nonexistent.json"),
            "/nonexistent.json: No such file",
        ),
        (("consumer", "add", "portal", "--name", "P", "--by", "x"), "give --key"),
    ],
)
def test_a_failure_is_one_sentence(arguments: tuple[str, ...], told: str) -> None:
    """What can't be done ends with exit code 1 and a sentence that says what to do, on the error stream alone."""
    done = hub(*arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_call_is_refused_with_its_usage() -> None:
    """An unknown command ends with exit code 2."""
    assert hub("fly").returncode == 2


def test_the_message_of_a_library_is_not_shown() -> None:
    """A library's error is told by its name: its text may quote the value that it stumbled over."""
    try:
        json.loads('{"name": Nguyễn Văn An}')
    except json.JSONDecodeError as error:
        told = failures.sentence(error)

    assert "Nguyễn" not in told
    assert "json.decoder.JSONDecodeError" in told
    assert failures.DEBUG in told


def test_settings_that_are_wrong_are_named(tmp_path: Path) -> None:
    """A setting that does not fit is named with what is wrong, without its value."""
    done = hub("doctor", "--json", var=tmp_path, HUB_TOKEN_MINUTES="100000000017")

    assert done.returncode == 1
    assert "100000000017" not in done.stdout + done.stderr


def test_settings_that_nothing_reads_are_named(tmp_path: Path) -> None:
    """The name of a register or feed with a typing error in it is a warning that says which one was meant."""
    wrong = {"HUB_REGISTERS__POPULATON__URL": "http://127.0.0.1:9", "HUB_FEEDS__POPULATION_CITIZEN__SCOPE": "all"}

    done = hub("doctor", "--json", var=tmp_path, **wrong)

    said = [each["said"] for each in json.loads(done.stdout) if each["check"] == "settings" and each["warns"]]
    assert said == [
        "nothing reads HUB_REGISTERS__POPULATON__…; did you mean HUB_REGISTERS__POPULATION__…?",
        "nothing reads HUB_FEEDS__POPULATION_CITIZEN__…; did you mean HUB_FEEDS__POPULATION_CITIZENS__…?",
    ]


def test_mappings_are_checked_by_the_command() -> None:
    """The shipped mappings pass lint and examples; JSON comes out for programs."""
    linted, tested = hub("mapping", "lint", "--json"), hub("mapping", "test", "--json")

    assert (linted.returncode, json.loads(linted.stdout)) == (0, [])
    assert tested.returncode == 0
    assert all(example["holds"] for example in json.loads(tested.stdout))


def test_a_preview_shows_no_value() -> None:
    """The preview of the sample masks every value."""
    done = hub("mapping", "preview", "population/citizen", "--json")

    rows = {row["target"]: row for row in json.loads(done.stdout)}
    assert rows["personal_id"]["outcome"] == "filled"
    assert rows["personal_id"]["shown"] == "############"


def test_no_private_key_is_used_that_others_can_read(tmp_path: Path) -> None:
    """A lookup refuses a key file that is open to others."""
    key = tmp_path / "portal.jwk"
    key.write_text("{}")
    key.chmod(0o644)
    arguments = ("--consumer", "p", "--key", str(key), "--procedure", "1.004623", "--dossier", "G16.01-261122-0001")

    done = hub("lookup", *arguments, "--officer", "CB-00123", "--subject", "-", var=tmp_path)

    assert done.returncode == 1
    assert "readable by others" in done.stderr


def test_a_lookup_about_nobody_is_refused(tmp_path: Path) -> None:
    """Without a person and without an enterprise there is nothing to ask."""
    key = tmp_path / "portal.jwk"
    key.touch(0o600)
    arguments = ("--consumer", "p", "--key", str(key), "--procedure", "1.004623", "--dossier", "G16.01-261122-0001")

    done = hub("lookup", *arguments, "--officer", "CB-00123", var=tmp_path)

    assert done.returncode == 1
    assert "--subject, --enterprise, or both" in done.stderr


def test_a_second_launcher_is_told(tmp_path: Path) -> None:
    """`hub up` on a folder that another one holds ends at once with who holds it."""
    from hub.launch import lock

    handle = lock.take(tmp_path)

    done = hub("up", var=tmp_path)

    os.close(handle)
    assert done.returncode == 1
    assert f"process {os.getpid()}" in done.stderr


def test_another_country_is_refused(tmp_path: Path) -> None:
    """The store keeps to its country: another seed would contradict every record in it."""
    (tmp_path / "country.json").write_text('{"seed": 1, "people": 2000}')

    done = hub("up", "--seed", "2", var=tmp_path)

    assert done.returncode == 1
    assert "holds the country of seed 1" in done.stderr


class TestWithDatabase:
    """Commands on a migrated database."""

    @pytest.fixture
    def var(self, settings: Settings) -> Path:
        """A folder whose hub.env names the test's database and keys."""
        urls = {
            "HUB_DATABASE_URL": settings.database_url,
            "HUB_DATABASE_URL_PIPELINE": settings.database_url_pipeline,
            "HUB_DATABASE_URL_API": settings.database_url_api,
            "HUB_DATABASE_URL_RETENTION": settings.database_url_retention,
        }
        lines = [f"{name}='{value}'" for name, value in urls.items()]
        (settings.var_dir / "hub.env").write_text(
            "\n".join([*lines, "HUB_ENVIRONMENT='sandbox'", f"HUB_VAR_DIR='{settings.var_dir}'"])
        )
        return settings.var_dir

    def test_a_consumer_lives(self, var: Path) -> None:
        """A consumer is added with a new key pair, granted, listed, rotated and disabled."""
        key, by = var / "portal.jwk", ("--by", "lan.nt")

        added = hub("consumer", "add", "portal-g16", "--name", "Portal", "--new-key", str(key), *by, "--json", var=var)
        hub("consumer", "officer", "portal-g16", "CB-00123", *by, var=var)
        granted = hub("consumer", "grant", "portal-g16", "1.004623", *by, var=var)
        listed = json.loads(hub("consumer", "list", "--json", var=var).stdout)[0]
        rotated = hub("consumer", "rotate", "portal-g16", "--new-key", str(var / "next.jwk"), *by, "--json", var=var)
        hub("consumer", "disable", "portal-g16", *by, var=var)

        assert key.stat().st_mode & 0o777 == 0o600
        assert granted.returncode == 0, granted.stderr
        assert listed["keys"] == [json.loads(added.stdout)["kid"]]
        assert (listed["officers"], list(listed["grants"])) == (["CB-00123"], ["1.004623"])
        assert json.loads(rotated.stdout)["kid"] not in listed["keys"]
        assert json.loads(hub("consumer", "list", "--json", var=var).stdout)[0]["status"] == "disabled"

    def test_a_private_key_is_never_registered(self, var: Path) -> None:
        """A private JWK is refused with what to do, and is not shown."""
        hub("consumer", "add", "portal-a", "--name", "A", "--new-key", str(var / "a.jwk"), "--by", "x", var=var)

        done = hub("consumer", "add", "portal-b", "--name", "B", "--key", str(var / "a.jwk"), "--by", "x", var=var)

        assert done.returncode == 1
        assert "private key" in done.stderr
        assert json.loads((var / "a.jwk").read_text())["d"] not in done.stderr

    @pytest.mark.parametrize(
        "arguments",
        [
            ("batch", "show"),
            ("batch", "release", "--by", "x", "--reason", "long enough"),
            ("quarantine", "show"),
            ("quarantine", "release", "--by", "x", "--reason", "long enough"),
        ],
        ids=lambda arguments: " ".join(arguments[:2]),
    )
    def test_what_does_not_exist_is_said(self, var: Path, arguments: tuple[str, ...]) -> None:
        """An unknown batch or entry ends with a sentence that says where to look."""
        done = hub(*arguments, str(uuid4()), var=var)

        assert done.returncode == 1
        assert "not known here" in done.stderr

    def test_values_are_shown_only_to_somebody(self, var: Path) -> None:
        """A record's values are opened only for a person with a name, since the access is logged."""
        done = hub("quarantine", "show", str(uuid4()), "--values", var=var)

        assert done.returncode == 1

    def test_an_older_store_stops_no_doctor(self, var: Path, settings: Settings) -> None:
        """A store that lacks a table of this version is told with what to do, and so is everything else."""
        with psycopg.connect(settings.url(Role.OWNER)) as conn:
            conn.execute("drop table hub.alert_round")

        done = hub("doctor", "--json", var=var)

        said = {each["check"]: each["said"] for each in json.loads(done.stdout)}
        assert "hub db upgrade" in said["registers and alerts"]

    def test_a_channel_taken_out_of_the_settings_is_not_ill(self, var: Path, settings: Settings) -> None:
        """What waits for a channel makes the hub ill as long as there is one by which it could be told."""
        with psycopg.connect(settings.url(Role.OWNER)) as conn:
            conn.execute(
                """with one as (insert into hub.alert (alert_id, condition, about, severity, began_at)
                                values (gen_random_uuid(), 'hub.test', 'hub', 'warning', now()) returning alert_id)
                   insert into hub.alert_notice select alert_id, 'webhook', 'waiting', now() from one"""
            )

        found = {}
        for address in ({}, {"HUB_ALERTS__WEBHOOK_URL": "https://receiver.example"}):
            done = hub("doctor", "--json", var=var, **address)
            found[bool(address)] = {each["check"]: each["ok"] for each in json.loads(done.stdout)}["alerts"]

        assert found == {False: True, True: False}

    def test_a_healthy_hub_passes_the_doctor(self, var: Path) -> None:
        """With keys and a migrated database every check is fine."""
        done = hub("doctor", "--json", var=var)

        assert done.returncode == 0, done.stdout
        assert all(check["ok"] for check in json.loads(done.stdout))

    def test_an_ill_hub_does_not(self, var: Path) -> None:
        """A database that is away and keys that are open to others are each named with what to do."""
        (var / "keys" / "digest.key").chmod(0o644)

        done = hub("doctor", "--json", var=var, HUB_DATABASE_URL_API="postgresql://hub_api@127.0.0.1:1/none")

        said = {check["check"]: check for check in json.loads(done.stdout) if not check["ok"]}
        assert done.returncode == 1
        assert {"keys", "database as api"} <= set(said)
        assert "127.0.0.1:1" in said["database as api"]["said"]

    def test_lists_are_empty_before_the_first_batch(self, var: Path) -> None:
        """On a fresh store lists are empty and say what to do."""
        assert json.loads(hub("batch", "list", "--json", var=var).stdout) == []
        assert json.loads(hub("quarantine", "list", "--json", var=var).stdout) == []
        assert "hub run FEED" in hub("batch", "list", var=var).stdout

    def test_the_database_is_at_the_newest_revision(self, var: Path) -> None:
        """Migrating twice changes nothing, and the status says so."""
        assert hub("db", "upgrade", var=var).returncode == 0
        found = json.loads(hub("db", "status", "--json", var=var).stdout)
        assert found["revision"] == found["newest"]


def test_the_readme_is_about_this_command() -> None:
    """The script that the package installs is this one."""
    assert 'hub = "hub.cli:main"' in (ROOT / "pyproject.toml").read_text()
