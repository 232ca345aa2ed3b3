"""Administration: each change has its entry, and wrong ones say what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from joserfc import jwk

from hub.exchange import consumers
from hub.exchange.consumers import AdministrationRefused
from hub.exchange.tokens import new_client_key
from hub.settings import Role, Settings
from hub.store import engine


@pytest.fixture
def owner(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the owner."""
    with engine.connect(settings, Role.OWNER) as connection:
        yield connection


def _add(owner: psycopg.Connection[Any], consumer_id: str = "portal") -> str:
    return consumers.add_consumer(owner, consumer_id=consumer_id, name="P", jwk=new_client_key()[1], by="root")


def test_every_change_has_its_entry(owner: psycopg.Connection[Any]) -> None:
    """Who changed what about whom stands in the exchange log, in the same transaction."""
    kid = _add(owner)
    consumers.add_officer(owner, consumer_id="portal", officer="CB-1", by="root")
    consumers.grant(
        owner, consumer_id="portal", procedure="1.004623", attributes=["person.gender"], legal_basis="a law", by="root"
    )
    consumers.disable_officer(owner, consumer_id="portal", officer="CB-1", by="root")
    consumers.revoke(owner, consumer_id="portal", procedure="1.004623", by="root")
    consumers.rotate_key(owner, consumer_id="portal", jwk=new_client_key()[1], by="root")
    consumers.disable_key(owner, consumer_id="portal", kid=kid, by="root")
    consumers.disable_consumer(owner, consumer_id="portal", by="root")
    consumers.enable_consumer(owner, consumer_id="portal", by="root")
    rows = owner.execute(
        "select outcome, officer, kind, consumer_id from hub.exchange_log order by sequence"
    ).fetchall()
    assert [row[0] for row in rows] == [
        "consumer_added",
        "key_added",
        "officer_added",
        "granted",
        "officer_disabled",
        "revoked",
        "key_added",
        "key_rotated",
        "key_disabled",
        "consumer_disabled",
        "consumer_enabled",
    ]
    assert {row[1:] for row in rows} == {("root", "administration", "portal")}
    granted = owner.execute("select attributes, procedure from hub.exchange_log where outcome = 'granted'").fetchall()
    assert granted == [(["person.gender"], "1.004623")]


def test_the_overview_shows_what_is_in_force(owner: psycopg.Connection[Any]) -> None:
    """Active keys and officers and valid grants, nothing that ended."""
    kid = _add(owner)
    consumers.add_officer(owner, consumer_id="portal", officer="CB-1", by="root")
    consumers.add_officer(owner, consumer_id="portal", officer="CB-2", by="root")
    consumers.disable_officer(owner, consumer_id="portal", officer="CB-2", by="root")
    for procedure in ("1.004623", "1.004628"):
        consumers.grant(
            owner, consumer_id="portal", procedure=procedure, attributes=["person.gender"], legal_basis="l", by="root"
        )
    owner.commit()
    consumers.revoke(owner, consumer_id="portal", procedure="1.004628", by="root")
    owner.commit()
    (overview,) = consumers.list_consumers(owner)
    assert (overview.keys, overview.officers) == ([kid], ["CB-1"])
    assert overview.grants == {"1.004623": ["person.gender"]}


def _p384() -> dict[str, Any]:
    return dict(jwk.generate_key("EC", "P-384", private=True).as_dict(private=False))


def _small_rsa() -> dict[str, Any]:
    return dict(jwk.generate_key("RSA", 1024, private=True).as_dict(private=False))


@pytest.mark.parametrize("key", [_p384(), _small_rsa(), new_client_key()[0], {"kty": "oct", "k": "eA"}, {}, {"kty": 1}])
def test_only_public_keys_of_known_kinds_are_taken(owner: psycopg.Connection[Any], key: dict[str, Any]) -> None:
    """A private key, a shared secret, another curve, a short RSA key and garbage are refused without being shown."""
    with pytest.raises(AdministrationRefused) as caught:
        consumers.add_consumer(owner, consumer_id="portal", name="P", jwk=key, by="root")
    assert "d" not in key or key["d"] not in str(caught.value)


def test_a_private_key_is_told_as_one(owner: psycopg.Connection[Any]) -> None:
    """Who sends the private key by mistake learns what the mistake is."""
    with pytest.raises(AdministrationRefused, match="private key"):
        consumers.add_consumer(owner, consumer_id="portal", name="P", jwk=new_client_key()[0], by="root")


def test_a_key_is_registered_once(owner: psycopg.Connection[Any]) -> None:
    """A second consumer can't register the same key, nor the first one its disabled key again."""
    _, public = new_client_key()
    consumers.add_consumer(owner, consumer_id="first", name="P", jwk=public, by="root")
    with pytest.raises(AdministrationRefused):
        consumers.add_consumer(owner, consumer_id="second", name="P", jwk=public, by="root")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: consumers.add_consumer(c, consumer_id="Portal!", name="", jwk={}, by="r"), "lower-case"),
        (lambda c: _add(c, "portal"), "exists already"),
        (lambda c: consumers.add_officer(c, consumer_id="portal", officer="100050000017", by="r"), "letter"),
        (lambda c: consumers.add_officer(c, consumer_id="nobody", officer="CB-1", by="r"), "no consumer"),
        (lambda c: consumers.disable_officer(c, consumer_id="portal", officer="CB-1", by="r"), "no officer"),
        (lambda c: consumers.disable_key(c, consumer_id="portal", kid="x", by="r"), "no such key"),
        (lambda c: consumers.revoke(c, consumer_id="portal", procedure="1.004623", by="r"), "no grant"),
        (
            lambda c: consumers.grant(
                c, consumer_id="portal", procedure="1.004623", attributes=["person.shoe"], legal_basis="l", by="r"
            ),
            "person.shoe",
        ),
        (
            lambda c: consumers.grant(
                c, consumer_id="portal", procedure="1.004623", attributes=["person.gender"], legal_basis=" ", by="r"
            ),
            "legal basis",
        ),
    ],
)
def test_a_wrong_change_says_what_is_wrong(owner: psycopg.Connection[Any], change: Any, says: str) -> None:
    """The message names the mistake."""
    _add(owner)
    with pytest.raises(AdministrationRefused, match=says):
        change(owner)
