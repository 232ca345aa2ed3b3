"""What ends when: the authorities, certificates and secrets by which the hub and a register know each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from connectors.courtesy import ZONE
from hub.settings import RegisterSettings, Settings

SOON_DAYS = 30
URGENT_DAYS = 7


class Severity(StrEnum):
    """How much time is left."""

    FINE = "fine"
    SOON = "soon"
    """At most 30 days."""
    URGENT = "urgent"
    """At most 7 days."""
    EXPIRED = "expired"
    UNREADABLE = "unreadable"
    """Nobody can tell: the file is not there, or holds no certificate."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of one thing; `what` is its setting, `day` is in Vietnamese time, and nothing here is a secret.

    `register` is `alerts` for what the alerts' own servers are known by.
    """

    register: str
    what: str
    day: date | None
    severity: Severity


def expiries(settings: Settings, now: datetime | None = None) -> list[Expiry]:
    """Lists everything that ends, the next one first; what can't be read stands before all.

    A declared day (`secret_expires_on`) counts as ended from its beginning, a certificate from its very moment.
    """
    now = now or datetime.now(UTC)
    found = [each for name, register in settings.registers.items() for each in _of(name, register, now)]
    if settings.alerts.ca_file is not None:
        found += _certificates("alerts", "ca_file", settings.alerts.ca_file, now)
    return sorted(found, key=lambda each: (each.day or date.min, each.register, each.what))


def _of(name: str, register: RegisterSettings, now: datetime) -> list[Expiry]:
    found: list[Expiry] = []
    # Over SFTP `ca_file` holds the server's keys, which have no end.
    if register.ca_file is not None and urlsplit(register.url).scheme != "sftp":
        found += _certificates(name, "ca_file", register.ca_file, now)
    if register.client_certificate is not None:
        found += _certificates(name, "client_certificate", register.client_certificate, now)
    if (day := register.secret_expires_on) is not None:
        found.append(Expiry(name, "secret", day, _severity(datetime.combine(day, time(), ZONE), now)))
    return found


def _certificates(register: str, what: str, path: Path, now: datetime) -> list[Expiry]:
    """Lists each certificate of a file once by its day: of several authorities, or a chain, each may end alone."""
    try:
        ends = {each.not_valid_after_utc for each in x509.load_pem_x509_certificates(path.read_bytes())}
    except (OSError, ValueError):
        return [Expiry(register, what, None, Severity.UNREADABLE)]
    return [Expiry(register, what, end.astimezone(ZONE).date(), _severity(end, now)) for end in sorted(ends)]


def _severity(end: datetime, now: datetime) -> Severity:
    if end <= now:
        return Severity.EXPIRED
    days = (end.astimezone(ZONE).date() - now.astimezone(ZONE).date()).days
    if days > SOON_DAYS:
        return Severity.FINE
    return Severity.SOON if days > URGENT_DAYS else Severity.URGENT
