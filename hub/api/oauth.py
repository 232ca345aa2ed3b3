"""`POST /oauth/token`: client credentials with `private_key_jwt` (RFC 6749 §4.4, RFC 7523)."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel

from hub.api.models import TokenAnswer
from hub.api.serving import Call, Operation, Reply
from hub.exchange.entries import LogEntry
from hub.exchange.refusals import Refused, Unauthenticated
from hub.exchange.tokens import ASSERTION_TYPE, Assertion, issue_token, read_assertion

TOKEN_PATH = "/oauth/token"  # noqa: S105
_PARAMETERS = {"grant_type", "client_assertion_type", "client_assertion", "client_id"}


class TokenRequest(BaseModel):
    """The form of a token request."""

    grant_type: str
    client_assertion_type: str
    client_assertion: str
    client_id: str | None = None


async def issue(call: Call) -> Reply:
    """Issues a ten-minute access token to a consumer that signs an assertion with its own key.

    The assertion is a JWT with `iss` and `sub` the consumer's id, one `aud` (this hub's address or that of its token
    endpoint), `exp` at most 5 minutes ahead and a fresh `jti`; its header names `kid`, the RFC 7638 thumbprint of the
    key. Ed25519, ES256 and PS256 are accepted. Disabling the key revokes every token that was issued under it.
    """
    form = _read_form(call.body)
    services, now = call.services, time.time()
    audiences = frozenset((services.issuer, services.issuer + TOKEN_PATH))
    assertion = read_assertion(form["client_assertion"], call.policy, audiences, now)
    consumer_id = assertion.consumer.consumer_id
    if form.get("client_id", consumer_id) != consumer_id:
        raise Unauthenticated("assertion.untrusted")
    call.entry.consumer_id = consumer_id
    seconds = services.settings.token_minutes * 60

    async def work(connection: Any) -> tuple[LogEntry, Reply]:
        await _use_up(connection, call, assertion)
        token = issue_token(services.signing_keys, services.issuer, consumer_id, assertion.kid, seconds, now)
        reply = call.reply({"access_token": token, "token_type": "Bearer", "expires_in": seconds}, "issued")
        reply.logged = True
        return call.entry, reply

    return await services.log.commit(work)


def _read_form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=10)
    except ValueError:
        raise Refused("oauth.request") from None
    form = dict(pairs)
    if len(form) != len(pairs) or not form.keys() <= _PARAMETERS:
        raise Refused("oauth.request")
    if form.get("grant_type") != "client_credentials":
        raise Refused("oauth.grant_type" if "grant_type" in form else "oauth.request")
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        raise Refused("oauth.request")
    return form


async def _use_up(connection: Any, call: Call, assertion: Assertion) -> None:
    digest = call.services.ring.current.digest(f"{assertion.consumer.consumer_id}\0{assertion.jti}".encode())
    fresh = await connection.fetchval(
        "insert into hub.used_assertion (digest, expires_at) values ($1, $2) on conflict do nothing returning true",
        digest,
        assertion.expires_at,
    )
    if not fresh:
        raise Unauthenticated("assertion.replayed")


OPERATION = Operation(
    path=TOKEN_PATH,
    method="POST",
    kind="token",
    handler=issue,
    summary="Get an access token",
    answer=TokenAnswer,
    example={"access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZDI1NTE5In0…", "token_type": "Bearer", "expires_in": 600},
    request=TokenRequest,
    request_type="application/x-www-form-urlencoded",
    request_example={
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": "eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoi…",
    },
    codes=(
        "oauth.request",
        "oauth.grant_type",
        "assertion.untrusted",
        "assertion.key_disabled",
        "assertion.audience",
        "assertion.expired",
        "assertion.claims",
        "assertion.replayed",
        "consumer.disabled",
    ),
    authenticated=False,
)
