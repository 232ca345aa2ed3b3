"""Messages as JSON to an address, signed as Standard Webhooks says (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import httpx
import orjson

from connectors.secret_reference import SOURCES
from hub.alerts import channels
from hub.alerts.channels import Passing, Patience, Undelivered
from hub.alerts.message import Message
from hub.settings import Settings

_BUSY = frozenset({408, 425, 429})


class Webhook:
    """Posts messages; whatever is not answered with 2xx was not taken."""

    name = "webhook"

    def __init__(self, settings: Settings, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience

    def send(self, message: Message) -> None:
        """Posts a message, and again while the receiver is away or busy."""
        url, key = self._address(), self._key()
        body = orjson.dumps(message.document())
        context = channels.trust(self._settings.alerts.ca_file)
        with httpx.Client(timeout=self._patience.seconds, verify=context, trust_env=False) as client:
            for attempt in self._patience.turns():
                with attempt:
                    _post(client, url, body, signature(message.id, int(time.time()), body, key))

    def _address(self) -> str:
        url = self._settings.alerts.webhook_url or ""
        if url.partition(":")[0] in SOURCES:
            url = channels.secret(self._settings, url, "WEBHOOK_URL")
        scheme = url.partition(":")[0].lower()
        if scheme != "https" and not (scheme == "http" and channels.in_sandbox(self._settings)):
            raise Undelivered("HUB_ALERTS__WEBHOOK_URL must begin with https:// (http:// in the sandbox only)")
        return url

    def _key(self) -> bytes | None:
        reference = self._settings.alerts.webhook_secret
        if reference is None:
            return None
        text = channels.secret(self._settings, reference, "WEBHOOK_SECRET")
        try:
            key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except ValueError:  # no base64, or letters that it can't have
            key = b""
        if not key:  # anybody can sign with an empty one
            raise Undelivered(
                "HUB_ALERTS__WEBHOOK_SECRET: the secret is no key of Standard Webhooks (whsec_ and base64)"
            )
        return key


def signature(message_id: str, timestamp: int, body: bytes, key: bytes | None) -> dict[str, str]:
    """Returns the headers of a message; without a key it is not signed."""
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
    }
    if key is not None:
        signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
        headers["webhook-signature"] = f"v1,{base64.b64encode(signed).decode()}"
    return headers


def _post(client: httpx.Client, url: str, body: bytes, headers: dict[str, str]) -> None:
    try:
        status = client.post(url, content=body, headers=headers).status_code
    except httpx.InvalidURL:
        raise Undelivered("HUB_ALERTS__WEBHOOK_URL is no address") from None
    except httpx.HTTPError as error:
        raise Passing(f"the webhook's receiver did not answer ({type(error).__name__}): is it up?") from None
    if 200 <= status < 300:
        return
    advice = f"the webhook's receiver answered HTTP {status}"
    if status >= 500 or status in _BUSY:
        raise Passing(f"{advice}: look at its side")
    raise Undelivered(f"{advice}: check HUB_ALERTS__WEBHOOK_URL and the key that both sides hold")
