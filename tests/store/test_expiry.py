"""What ends when: thirty days before it is said, seven days before it is urgent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.courtesy import ZONE
from hub.settings import RegisterSettings, Settings
from hub.store.expiry import Expiry, Severity, expiries
from hub.store.secret_check import check_secrets
from tests.connectors.authority import Authority

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=ZONE)


def with_register(folder: Path, **changed: Any) -> Settings:
    """Returns the settings of a hub with one register."""
    register = {"url": "https://register.invalid", **changed}
    return Settings(_env_file=None, var_dir=folder, registers={"land": RegisterSettings(**register)})


@pytest.mark.parametrize(
    ("days", "severity"),
    [(-1, "expired"), (0, "expired"), (1, "urgent"), (7, "urgent"), (8, "soon"), (30, "soon"), (31, "fine")],
)
def test_a_declared_day_counts_from_its_beginning(tmp_path: Path, days: int, severity: str) -> None:
    """A secret of which only the day is known ends, for us, with the night before."""
    day = TODAY + timedelta(days=days)

    assert expiries(with_register(tmp_path, secret_expires_on=day), NOON) == [
        Expiry("land", "secret", day, Severity(severity))
    ]


def test_the_day_is_the_vietnamese_one(tmp_path: Path) -> None:
    """At 18:00 UTC it is tomorrow in Viet Nam, and what ends tomorrow has ended."""
    settings = with_register(tmp_path, secret_expires_on=TODAY + timedelta(days=1))

    late = datetime(2026, 11, 22, 18, tzinfo=UTC)

    assert [each.severity for each in expiries(settings, late)] == ["expired"]


@pytest.mark.parametrize(
    ("days", "severity"), [(-0.1, "expired"), (0.1, "urgent"), (6.9, "urgent"), (20, "soon"), (40, "fine")]
)
def test_a_certificate_ends_at_its_moment(tmp_path: Path, days: float, severity: str) -> None:
    """The authority and our own certificate are looked at, each by its setting."""
    authority = Authority(days=days)
    (tmp_path / "ca.pem").write_text(authority.pem)
    authority.issue("hub", days=days).put(tmp_path, "hub")
    settings = with_register(
        tmp_path, ca_file=tmp_path / "ca.pem", client_certificate=tmp_path / "hub.pem", client_key="file:hub.key"
    )

    found = expiries(settings)

    assert [(each.what, each.severity) for each in found] == [("ca_file", severity), ("client_certificate", severity)]


def test_each_authority_of_a_file_ends_alone(tmp_path: Path) -> None:
    """While a register changes its authority, a file holds both; the next to end comes first."""
    (tmp_path / "ca.pem").write_text(Authority(days=900).pem + Authority(days=5).pem)

    found = expiries(with_register(tmp_path, ca_file=tmp_path / "ca.pem"))

    assert [each.severity for each in found] == ["urgent", "fine"]


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_what_can_not_be_read_is_said(tmp_path: Path, content: str | None) -> None:
    """A file that is not there, or is no certificate, has no day and comes first."""
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    settings = with_register(tmp_path, ca_file=tmp_path / "ca.pem", secret_expires_on=TODAY)

    assert expiries(settings, NOON)[0] == Expiry("land", "ca_file", None, Severity.UNREADABLE)


def test_the_authority_of_the_alerts_ends_too(tmp_path: Path) -> None:
    """Who is told by a private web or mail server hears that its authority ends while it still can be told."""
    settings = Settings(_env_file=None, var_dir=tmp_path, alerts={"ca_file": tmp_path / "absent.pem"})

    assert expiries(settings, NOON) == [Expiry("alerts", "ca_file", None, Severity.UNREADABLE)]


def test_the_keys_of_an_sftp_server_have_no_end(tmp_path: Path) -> None:
    """Over SFTP `ca_file` holds no certificate."""
    (tmp_path / "known_hosts").write_text("host ssh-ed25519 AAAA\n")

    assert expiries(with_register(tmp_path, url="sftp://h/x", ca_file=tmp_path / "known_hosts")) == []


def test_a_report_finds_every_reference_and_shows_no_value(tmp_path: Path) -> None:
    """References stand anywhere in the settings; what is broken is told by its setting."""
    authority = Authority()
    authority.issue("hub", days=20).put(tmp_path, "hub")
    authority.issue("other").put(tmp_path, "other")
    (tmp_path / "there").touch(mode=0o600)
    (tmp_path / "there").write_text("secret-canary\n")
    settings = with_register(
        tmp_path,
        secret="file:there",
        api_key="file:absent",
        officer_secrets={"CB-1": "command:false --token=secret-canary"},
        client_certificate=tmp_path / "hub.pem",
        client_key="file:other.key",
    )

    report = check_secrets(settings)

    assert [each.setting.removeprefix("registers.land.") for each in report.secrets] == [
        "api_key", "client_key", "officer_secrets.CB-1", "secret",
    ]  # fmt: skip
    assert {each.register for each in report.secrets} == {"land"}
    assert [text.partition(":")[0] for text in report.ill] == [
        "registers.land.api_key", "registers.land.officer_secrets.CB-1", "land.connect",
    ]  # fmt: skip
    assert "certificate_unusable" in report.ill[2]
    assert len(report.warnings) == 1
    assert "secret-canary" not in repr(report)
    assert next(each for each in report.secrets if each.setting.endswith(".secret")).changed is not None
