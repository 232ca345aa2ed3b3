"""Judges the secrets and certificates of all registers: what is broken, and what ends soon."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from hub.settings import Settings
from hub.store.expiry import Expiry, Severity, expiries
from hub.store.secret_inventory import Secret, inventory, unusable_certificates

_WHAT = {"ca_file": "an authority in its ca_file", "secret": "its secret", "client_certificate": "our certificate"}


@dataclass(frozen=True, slots=True)
class SecretReport:
    """What was found. `ill` needs somebody now, `warnings` within 30 days; both are sentences without a value."""

    secrets: list[Secret]
    expiries: list[Expiry]
    ill: list[str]
    warnings: list[str]


def check_secrets(settings: Settings, now: datetime | None = None) -> SecretReport:
    """Tries every reference and every certificate of the settings; it runs commands, and calls no register."""

    async def look() -> tuple[list[Secret], list[str]]:
        return await inventory(settings), await unusable_certificates(settings)

    secrets, unusable = asyncio.run(look())
    ending = expiries(settings, now)
    ill = [f"{each.setting}: {each.problem}" for each in secrets if each.problem] + unusable
    ill += [sentence(each) for each in ending if each.severity not in (Severity.FINE, Severity.SOON)]
    return SecretReport(secrets, ending, ill, [sentence(each) for each in ending if each.severity is Severity.SOON])


def sentence(expiry: Expiry) -> str:
    """Says what ends when, and what to do."""
    what = _WHAT[expiry.what]
    if expiry.severity is Severity.UNREADABLE:
        return f"{expiry.register}: {what} can not be read: put a PEM file where the setting {expiry.what} says"
    verb = "has ended on" if expiry.severity is Severity.EXPIRED else "ends on"
    return f"{expiry.register}: {what} {verb} {expiry.day}: renew it, see docs/secure.md"
