"""The channels by which alerts are told: a webhook and e-mail, each with its own settings and its own retries."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import stamina

from hub.alerts.message import Message
from hub.settings import Environment, Settings
from hub.store.secret_sources import StoreSecrets


@dataclass(frozen=True, slots=True)
class Patience:
    """Attempts of one round, the seconds between them and those of one; what still fails waits for the next round."""

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 8.0
    seconds: float = 10.0

    def turns(self) -> Iterable[stamina.Attempt]:
        """Yields the attempts: another one only after `Passing`."""
        return stamina.retry_context(
            on=Passing,
            attempts=self.attempts,
            wait_initial=self.first_wait,
            wait_max=self.longest_wait,
            timeout=None,
        )


class Undelivered(Exception):
    """A channel did not take a message; the text names the channel and what to do, no address and no secret."""


class Passing(Undelivered):
    """What may work at the next attempt: the other side was away, or too busy."""


class Channel(Protocol):
    """One way of telling people."""

    name: str

    def send(self, message: Message) -> None:
        """Sends a message, and returns when the other side has taken it.

        Raises:
            Undelivered: it has not, or may not have.
        """


def channels(settings: Settings, patience: Patience = Patience()) -> list[Channel]:
    """Returns the channels that are configured."""
    from hub.alerts.mail import Mail
    from hub.alerts.webhook import Webhook

    wanted = settings.alerts
    found: list[Channel] = []
    if wanted.webhook_url:
        found.append(Webhook(settings, patience))
    if wanted.email_to:
        found.append(Mail(settings, patience))
    return found


def secret(settings: Settings, reference: str, name: str) -> str:
    """Returns the secret that a setting refers to.

    Raises:
        Undelivered: there is none.
    """
    try:
        return asyncio.run(StoreSecrets(settings.var_dir).get(reference))
    except LookupError as error:
        raise Undelivered(f"HUB_ALERTS__{name}: {error}") from None


def in_sandbox(settings: Settings) -> bool:
    """Tells whether a channel without encryption is allowed."""
    return settings.environment is Environment.SANDBOX


def deliver(way: Channel, message: Message) -> str | None:
    """Sends a message by one channel; returns why it was not taken, None when it was.

    Whatever breaks in one channel, a library's own errors too, must not keep the message from the others.
    """
    try:
        way.send(message)
    except Undelivered as error:
        return str(error)
    except Exception as error:
        return f"an unforeseen {type(error).__name__}: check the settings HUB_ALERTS__… of this channel"
    return None


def trust(path: Path | None) -> ssl.SSLContext:
    """Returns whom a channel trusts: a private certificate authority, or the machine's own ones.

    Raises:
        Undelivered: the file is not there or holds no certificate.
    """
    if path is not None and not path.is_file():
        raise Undelivered(f"HUB_ALERTS__CA_FILE: there is no file {path}")
    try:
        return ssl.create_default_context(cafile=str(path) if path else None)
    except (OSError, ValueError):  # an SSLError is an OSError
        raise Undelivered(f"HUB_ALERTS__CA_FILE: {path} holds no certificate in PEM that can be read") from None
