"""Assertions and access tokens: what is accepted, and each way to be refused."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from joserfc import jwk, jws, jwt

from hub.exchange import consumers
from hub.exchange.policy import Policy
from hub.exchange.refusals import Unauthenticated
from hub.exchange.tokens import make_assertion, new_client_key, read_assertion
from hub.settings import Settings
from tests.api.conftest import CONSUMER, Client, until

Entries = Callable[..., list[dict[str, Any]]]


def _claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": CONSUMER,
        "sub": CONSUMER,
        "aud": "http://127.0.0.1:8000",
        "iat": now,
        "exp": now + 60,
        "jti": f"jti-{time.time_ns()}",
    }
    return {key: value for key, value in (claims | changes).items() if value is not None}


def _signed(private: dict[str, Any], claims: dict[str, Any], algorithm: str = "Ed25519", **header: Any) -> str:
    key = jwk.import_key(private)
    protected = {"alg": algorithm, "kid": key.thumbprint()} | header
    return jws.serialize_compact(protected, json.dumps(claims), key, algorithms=[algorithm])


def _unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in (header, claims)]
    return ".".join([*parts, ""])


async def _refusal(client: Client, assertion: str) -> str:
    answer = await client.http.post("/oauth/token", data=client.form(assertion))
    assert answer.status_code in (401, 403), answer.text
    assert answer.json()["error"] == "invalid_client"
    return str(answer.json()["code"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": int(time.time()) - 3600}, "assertion.expired"),
        ({"exp": int(time.time()) + 3600}, "assertion.claims"),
        ({"exp": "soon"}, "assertion.claims"),
        ({"exp": None}, "assertion.claims"),
        ({"exp": True}, "assertion.claims"),
        ({"nbf": int(time.time()) + 3600}, "assertion.claims"),
        ({"iat": int(time.time()) + 3600}, "assertion.claims"),
        ({"jti": None}, "assertion.claims"),
        ({"jti": "short"}, "assertion.claims"),
        ({"jti": "x" * 129}, "assertion.claims"),
        ({"aud": "https://other.example"}, "assertion.audience"),
        ({"aud": ["http://127.0.0.1:8000", "https://other.example"]}, "assertion.audience"),
        ({"aud": None}, "assertion.audience"),
        ({"iss": "another"}, "assertion.untrusted"),
        ({"sub": "another"}, "assertion.untrusted"),
        ({"exp": float("nan")}, "assertion.claims"),
        ({"exp": float("inf")}, "assertion.claims"),
        ({"exp": 10**400}, "assertion.claims"),
        ({"exp": -(10**400)}, "assertion.expired"),
        ({"nbf": float("nan")}, "assertion.claims"),
        ({"iat": 10**400}, "assertion.claims"),
        ({"aud": {}}, "assertion.audience"),
        ({"aud": [{}]}, "assertion.audience"),
        ({"aud": [["http://127.0.0.1:8000"]]}, "assertion.audience"),
        ({"jti": "\ud800" * 10}, "assertion.claims"),
        ({"iss": ["another"], "sub": ["another"]}, "assertion.untrusted"),
    ],
)
async def test_wrong_claims_are_refused(client: Client, changes: dict[str, Any], code: str) -> None:
    """Each wrong claim has its code."""
    assert await _refusal(client, _signed(client.private_key, _claims(**changes))) == code


async def test_forged_signatures_are_refused(client: Client, entries: Entries) -> None:
    """A foreign key, `none`, a shared secret, another algorithm and garbage prove nothing, and the log says so."""
    private, public = new_client_key()
    kid = jwk.import_key(client.private_key).thumbprint()
    secret = jwk.import_key({"kty": "oct", "k": base64.urlsafe_b64encode(b"x" * 32).decode().rstrip("=")})
    forged = [
        _signed(private, _claims()),
        _signed(private, _claims(), kid=kid),
        _unsigned({"alg": "none", "kid": kid}, _claims()),
        _unsigned({"alg": "Ed25519", "kid": kid}, _claims()),
        jwt.encode({"alg": "HS256", "kid": kid}, _claims(), secret, algorithms=["HS256"]),
        _signed(client.private_key, _claims(), "EdDSA"),
        jwt.encode({"alg": "Ed25519"}, _claims(), jwk.import_key(client.private_key), algorithms=["Ed25519"]),
        _unsigned({"alg": "Ed25519", "kid": [kid]}, _claims()) + "AAAA",
        _signed(client.private_key, _claims())[:-4] + "AAAA",
        "not.a.token",
        "....",
        "é",
    ]
    codes = {await _refusal(client, each) for each in forged}
    assert codes == {"assertion.untrusted"}
    assert len([row for row in entries("token") if row["code"] == "assertion.untrusted"]) == len(forged)
    del public


@pytest.mark.parametrize("header", ['{"alg":"Ed25519","kid":%s}', "%s"])
@pytest.mark.parametrize("nested", ["[" * 100_000, "[" * 900 + "]" * 900, '{"a":' * 20_000, "NaN", "[]", "1", '"x"'])
async def test_odd_json_proves_nothing(client: Client, header: str, nested: str) -> None:
    """Neither deep nesting nor a header that is no object is anything but an untrusted assertion."""
    parts = [base64.urlsafe_b64encode(each.encode()).decode().rstrip("=") for each in (header % nested, nested, "x")]
    assertion = ".".join(parts)
    if len(assertion) < 60_000:
        assert await _refusal(client, assertion) == "assertion.untrusted"
    with pytest.raises(Unauthenticated):
        read_assertion(assertion, Policy.of([], {}), frozenset(), time.time())
    token = await client.http.get("/v1/procedures", headers={"Authorization": f"Bearer {assertion}"})
    assert (token.status_code, token.json()["code"]) == (401, "token.invalid")


async def test_deep_claims_prove_nothing(client: Client) -> None:
    """Also under a good signature."""
    key = jwk.import_key(client.private_key)
    signed = jws.serialize_compact(
        {"alg": "Ed25519", "kid": key.thumbprint()}, '{"a":' * 5_000, key, algorithms=["Ed25519"]
    )
    assert await _refusal(client, signed) == "assertion.untrusted"


async def test_an_assertion_is_used_once(client: Client) -> None:
    """The second use is refused, also when both come at the same moment."""
    assertion = make_assertion(client.private_key, consumer_id=CONSUMER, audience=client.audience)
    posts = [client.http.post("/oauth/token", data=client.form(assertion)) for _ in range(8)]
    answers = await asyncio.gather(*posts)
    assert sorted(each.status_code for each in answers) == [200] + [401] * 7
    assert {each.json()["code"] for each in answers if each.status_code == 401} == {"assertion.replayed"}


@pytest.mark.parametrize(
    ("kind", "size", "algorithm"), [("EC", "P-256", "ES256"), ("RSA", 2048, "PS256"), ("OKP", "Ed25519", "Ed25519")]
)
async def test_each_kind_of_key_has_its_algorithm(
    client: Client, owner: psycopg.Connection[Any], kind: str, size: Any, algorithm: str
) -> None:
    """P-256 signs ES256, RSA signs PS256, Ed25519 signs Ed25519; the endpoint's own address is an audience too."""
    key: Any = jwk.generate_key(kind, size, private=True)
    consumers.add_consumer(owner, consumer_id="second", name="B", jwk=key.as_dict(private=False), by="root")
    claims = _claims(iss="second", sub="second", aud="http://127.0.0.1:8000/oauth/token")
    assertion = _signed(key.as_dict(private=True), claims, algorithm)

    async def issued() -> bool:
        answer = await client.http.post("/oauth/token", data=client.form(assertion))
        return answer.status_code == 200

    await until(issued)


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ("", 400, "oauth.request"),
        ("grant_type=password", 400, "oauth.grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", 400, "oauth.request"),
        ("grant_type=client_credentials&client_secret=x", 400, "oauth.request"),
        ("grant_type=client_credentials&client_assertion=x&client_assertion_type=y", 400, "oauth.request"),
    ],
)
async def test_malformed_token_requests_are_refused(client: Client, form: str, status: int, code: str) -> None:
    """Unknown, repeated and missing parameters are refused in the words of OAuth, too."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.http.post("/oauth/token", content=form, headers=kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


async def test_a_token_can_not_be_forged_or_carried_elsewhere(client: Client) -> None:
    """A foreign signature, another audience, `none` and a client assertion are no access tokens."""
    private, _ = new_client_key()
    good = client.token.split(".")
    now = int(time.time())
    claims = {"iss": client.audience, "aud": client.audience, "sub": CONSUMER, "exp": now + 60, "cnf": {"jkt": "x"}}
    forged = [
        _signed(private, claims, typ="at+jwt"),
        _unsigned({"alg": "none", "typ": "at+jwt"}, claims),
        ".".join([good[0], good[1], good[2][:-4] + "AAAA"]),
        _signed(client.private_key, _claims()),
        "x",
    ]
    for token in forged:
        answer = await client.http.get("/v1/procedures", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token.invalid")


async def test_an_expired_token_is_refused(client: Client, settings: Settings) -> None:
    """A token that was good a moment ago is refused after its time, from memory and afresh."""
    from hub.exchange.signing_keys import SigningKeys
    from hub.exchange.tokens import issue_token

    kid = jwk.import_key(client.private_key).thumbprint()
    keys = SigningKeys.load(settings)
    short = issue_token(keys, client.audience, CONSUMER, kid, 1, time.time())
    old = issue_token(keys, client.audience, CONSUMER, kid, 600, time.time() - 601)
    first = await client.http.get("/v1/procedures", headers={"Authorization": f"Bearer {short}"})
    await asyncio.sleep(1.5)
    later = [
        (await client.http.get("/v1/procedures", headers={"Authorization": f"Bearer {token}"})).json().get("code")
        for token in (short, old)
    ]
    assert first.status_code == 200
    assert later == ["token.expired", "token.expired"]


async def _code(client: Client) -> str:
    answer = await client.http.get("/v1/procedures", headers=client.headers)
    return str(answer.json().get("code", "ok"))


async def test_disabling_a_key_revokes_its_tokens(client: Client, owner: psycopg.Connection[Any]) -> None:
    """After a rotation the tokens under the old key stop working within moments, and so do its assertions."""
    _, public = new_client_key()
    consumers.rotate_key(owner, consumer_id=CONSUMER, jwk=public, by="root")

    async def revoked() -> bool:
        return await _code(client) == "token.revoked"

    await until(revoked, 5)
    signed = make_assertion(client.private_key, consumer_id=CONSUMER, audience=client.audience)
    assert await _refusal(client, signed) == "assertion.key_disabled"


async def test_a_disabled_consumer_is_stopped_and_may_come_back(client: Client, owner: psycopg.Connection[Any]) -> None:
    """The kill switch works on tokens that were issued before."""
    consumers.disable_consumer(owner, consumer_id=CONSUMER, by="root")

    async def stopped() -> bool:
        return await _code(client) == "consumer.disabled"

    async def back() -> bool:
        return await _code(client) == "ok"

    await until(stopped, 5)
    consumers.enable_consumer(owner, consumer_id=CONSUMER, by="root")
    await until(back, 5)
