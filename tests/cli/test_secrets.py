"""`hub secrets` and `hub doctor` tell of secrets and certificates, by exit code too, and never show one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.courtesy import ZONE
from tests.cli.test_commands import hub
from tests.connectors.authority import Authority

LAND = "HUB_REGISTERS__LAND__"
CANARY = "secret-canary"


def land(folder: Path, **more: str) -> dict[str, str]:
    """Returns the environment of a hub with one register, whose secret lies in a file."""
    (folder / "land.secret").touch(mode=0o600)
    (folder / "land.secret").write_text(f"{CANARY}\n")
    return {f"{LAND}URL": "https://register.invalid", f"{LAND}SECRET": "file:land.secret", **more}


def test_what_is_there_is_listed(tmp_path: Path) -> None:
    """Setting, reference, age and state stand in the list."""
    done = hub("secrets", "list", "--json", var=tmp_path, **land(tmp_path, **{f"{LAND}API_KEY": "env:NOT_THERE"}))

    (key, secret) = json.loads(done.stdout)["secrets"]
    assert (secret["setting"], secret["register"], secret["reference"], secret["there"]) == (
        "registers.land.secret", "land", "file:land.secret", True,
    )  # fmt: skip
    assert secret["changed"]
    assert (key["there"], key["changed"]) == (False, None)
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("days", "code", "mark"), [(None, 0, "1 references"), (40, 0, "1 references"), (20, 0, "WARN"), (5, 1, "ILL")]
)
def test_an_end_within_seven_days_fails_the_check(tmp_path: Path, days: int | None, code: int, mark: str) -> None:
    """A program can act on the exit code; thirty days before there is a warning."""
    day = "" if days is None else str(datetime.now(ZONE).date() + timedelta(days=days))
    more = {f"{LAND}SECRET_EXPIRES_ON": day} if day else {}

    done = hub("secrets", "check", var=tmp_path, **land(tmp_path, **more))

    assert done.returncode == code
    assert mark in done.stdout
    assert CANARY not in done.stdout + done.stderr


def test_a_missing_secret_and_a_foreign_key_fail_the_check(tmp_path: Path) -> None:
    """What can't be used is named by its setting."""
    Authority().issue("hub").put(tmp_path, "hub")
    Authority().issue("other").put(tmp_path, "other")
    more = {
        f"{LAND}API_KEY": "file:absent",
        f"{LAND}CLIENT_CERTIFICATE": str(tmp_path / "hub.pem"),
        f"{LAND}CLIENT_KEY": "file:other.key",
    }

    done = hub("secrets", "check", var=tmp_path, **land(tmp_path, **more))

    assert done.returncode == 1
    assert "registers.land.api_key" in done.stdout
    assert "certificate_unusable (client_certificate, client_key)" in done.stdout


def test_the_doctor_warns_of_an_end(tmp_path: Path) -> None:
    """A warning is no illness, and stands among the checks."""
    day = str(datetime.now(ZONE).date() + timedelta(days=20))

    done = hub("doctor", "--json", var=tmp_path, **land(tmp_path, **{f"{LAND}SECRET_EXPIRES_ON": day}))

    checks = [each for each in json.loads(done.stdout) if each["check"] == "secrets"]
    assert [(each["ok"], each["warns"]) for each in checks] == [(True, True)]
    assert day in checks[0]["said"]


@pytest.mark.parametrize("command", [("secrets", "list"), ("doctor",), ("connector", "diff", "population")])
def test_a_secret_in_the_settings_is_refused_by_every_command(tmp_path: Path, command: tuple[str, ...]) -> None:
    """The hub does not start with it, says which setting it is, and does not repeat it."""
    done = hub(*command, var=tmp_path, **land(tmp_path, **{f"{LAND}SECRET": CANARY}))

    assert done.returncode == 1
    assert "registers.land.secret" in done.stdout + done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_a_register_without_its_officers_secret_is_not_whole(tmp_path: Path) -> None:
    """`hub connector check` tries every reference of its register, those of officers too, and no other register's."""
    business = "HUB_REGISTERS__BUSINESS__"
    settings = {
        f"{business}URL": "https://register.example",
        f"{business}OFFICER_SECRETS": '{"CB-1": "file:officer-missing"}',
        "HUB_REGISTERS__POPULATION__URL": "https://other.example",
        "HUB_REGISTERS__POPULATION__SECRET": "file:other-missing",
    }

    done = hub("connector", "check", "business", var=tmp_path, **settings)

    assert done.returncode == 1
    assert "officer-missing" in done.stdout
    assert "other-missing" not in done.stdout
