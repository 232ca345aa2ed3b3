"""Administration of consumers, their keys, officers and grants, for the `hub consumer` command.

Each function changes one thing and writes its entry into the exchange log on the same connection, in the same
transaction; the caller commits. Running APIs follow at the commit, by the triggers that announce `hub_policy`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from hub.exchange.exchange_id import new_exchange_id
from hub.exchange.public_keys import BadKey, read_public_key
from hub.store.administration import log_steward
from schemas.canonical import ATTRIBUTES

_CONSUMER = re.compile(r"[a-z][a-z0-9-]{1,62}", re.ASCII)
_OFFICER = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}", re.ASCII)


class AdministrationRefused(ValueError):
    """A change of consumers is wrong; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class ConsumerOverview:
    """One consumer as `hub consumer list` shows it."""

    consumer_id: str
    name: str
    status: str
    keys: list[str]
    officers: list[str]
    grants: dict[str, list[str]]


def add_consumer(
    conn: psycopg.Connection[Any],
    *,
    consumer_id: str,
    name: str,
    jwk: dict[str, Any],
    by: str,
    expires_at: datetime | None = None,
) -> str:
    """Adds a consumer with its first public key and returns the key's id."""
    if not _CONSUMER.fullmatch(consumer_id):
        raise AdministrationRefused("a consumer's id is 2 to 63 lower-case letters, digits and dashes: portal-g16")
    added = conn.execute(
        "insert into hub.consumer (consumer_id, name) values (%s, %s) on conflict do nothing", (consumer_id, name)
    )
    if not added.rowcount:
        raise AdministrationRefused(f"consumer {consumer_id} exists already: `hub consumer rotate` adds a key to it")
    _log(conn, consumer_id, by, "consumer_added")
    return add_key(conn, consumer_id=consumer_id, jwk=jwk, by=by, expires_at=expires_at)


def add_key(
    conn: psycopg.Connection[Any],
    *,
    consumer_id: str,
    jwk: dict[str, Any],
    by: str,
    expires_at: datetime | None = None,
) -> str:
    """Adds a public key beside those that the consumer has, and returns its id (RFC 7638 thumbprint)."""
    try:
        public, kid = read_public_key(jwk)
    except BadKey as bad:
        raise AdministrationRefused(str(bad)) from None
    _require(conn, consumer_id)
    if conn.execute("select 1 from hub.consumer_key where kid = %s", (kid,)).fetchone():
        raise AdministrationRefused("this key is or was registered already: let the consumer make a new one")
    conn.execute(
        "insert into hub.consumer_key (consumer_id, kid, jwk, expires_at) values (%s, %s, %s, %s)",
        (consumer_id, kid, Jsonb(public), expires_at),
    )
    _log(conn, consumer_id, by, "key_added")
    return kid


def disable_key(conn: psycopg.Connection[Any], *, consumer_id: str, kid: str, by: str) -> None:
    """Disables a key for good; every token that was issued under it stops working."""
    changed = conn.execute(
        "update hub.consumer_key set status = 'disabled' where consumer_id = %s and kid = %s", (consumer_id, kid)
    )
    if not changed.rowcount:
        raise AdministrationRefused(f"consumer {consumer_id} has no such key: `hub consumer list` shows its keys")
    _log(conn, consumer_id, by, "key_disabled")


def rotate_key(conn: psycopg.Connection[Any], *, consumer_id: str, jwk: dict[str, Any], by: str) -> str:
    """Replaces all keys of a consumer by a new one and returns its id; tokens under the old keys stop working."""
    kid = add_key(conn, consumer_id=consumer_id, jwk=jwk, by=by)
    conn.execute(
        "update hub.consumer_key set status = 'disabled' where consumer_id = %s and kid <> %s", (consumer_id, kid)
    )
    _log(conn, consumer_id, by, "key_rotated")
    return kid


def disable_consumer(conn: psycopg.Connection[Any], *, consumer_id: str, by: str) -> None:
    """Stops a consumer at once: the kill switch."""
    _set_status(conn, consumer_id, "disabled")
    _log(conn, consumer_id, by, "consumer_disabled")


def enable_consumer(conn: psycopg.Connection[Any], *, consumer_id: str, by: str) -> None:
    """Lets a disabled consumer call again."""
    _set_status(conn, consumer_id, "active")
    _log(conn, consumer_id, by, "consumer_enabled")


def add_officer(conn: psycopg.Connection[Any], *, consumer_id: str, officer: str, by: str) -> None:
    """Registers an official on whose behalf the consumer may call, or lets a disabled one act again."""
    if not _OFFICER.fullmatch(officer):
        raise AdministrationRefused("an officer's code starts with a letter and has up to 32 characters: CB-00123")
    _require(conn, consumer_id)
    conn.execute(
        """insert into hub.officer (consumer_id, officer) values (%s, %s)
           on conflict (consumer_id, officer) do update set status = 'active'""",
        (consumer_id, officer),
    )
    _log(conn, consumer_id, by, "officer_added")


def disable_officer(conn: psycopg.Connection[Any], *, consumer_id: str, officer: str, by: str) -> None:
    """Stops calls on behalf of an official."""
    changed = conn.execute(
        "update hub.officer set status = 'disabled' where consumer_id = %s and officer = %s", (consumer_id, officer)
    )
    if not changed.rowcount:
        raise AdministrationRefused(f"consumer {consumer_id} has no officer of this code")
    _log(conn, consumer_id, by, "officer_disabled")


def grant(
    conn: psycopg.Connection[Any],
    *,
    consumer_id: str,
    procedure: str,
    attributes: Sequence[str],
    legal_basis: str,
    by: str,
    valid_to: datetime | None = None,
) -> None:
    """Grants a consumer attributes for one procedure, in place of what it was granted for it before."""
    unknown = [name for name in attributes if name not in ATTRIBUTES]
    if unknown or not attributes:
        raise AdministrationRefused(f"no such attributes: {', '.join(unknown) or '(none given)'}")
    if not legal_basis.strip():
        raise AdministrationRefused("a grant needs its legal basis, such as 'Law 91/2025/QH15 art. 19(c)'")
    _require(conn, consumer_id)
    conn.execute(
        """insert into hub.consumer_grant (consumer_id, procedure, attributes, legal_basis, valid_to)
           values (%s, %s, %s, %s, %s)
           on conflict (consumer_id, procedure) do update
              set attributes = excluded.attributes, legal_basis = excluded.legal_basis,
                  valid_from = now(), valid_to = excluded.valid_to""",
        (consumer_id, procedure, list(attributes), legal_basis, valid_to),
    )
    _log(conn, consumer_id, by, "granted", procedure, legal_basis, list(attributes))


def revoke(conn: psycopg.Connection[Any], *, consumer_id: str, procedure: str, by: str) -> None:
    """Ends a grant now."""
    changed = conn.execute(
        """update hub.consumer_grant set valid_to = now()
            where consumer_id = %s and procedure = %s and (valid_to is null or valid_to > now())""",
        (consumer_id, procedure),
    )
    if not changed.rowcount:
        raise AdministrationRefused(f"consumer {consumer_id} has no grant in force for {procedure}")
    _log(conn, consumer_id, by, "revoked", procedure)


def list_consumers(conn: psycopg.Connection[Any]) -> list[ConsumerOverview]:
    """Returns all consumers with their active keys and officers and the grants in force."""
    rows = conn.execute(
        """select c.consumer_id, c.name, c.status,
                  array(select kid from hub.consumer_key k
                         where k.consumer_id = c.consumer_id and k.status = 'active' order by k.created_at),
                  array(select officer from hub.officer o
                         where o.consumer_id = c.consumer_id and o.status = 'active' order by officer),
                  coalesce((select jsonb_object_agg(procedure, attributes) from hub.consumer_grant g
                             where g.consumer_id = c.consumer_id
                               and g.valid_from <= now() and (g.valid_to is null or g.valid_to > now())), '{}')
             from hub.consumer c order by c.consumer_id"""
    ).fetchall()
    return [ConsumerOverview(*row) for row in rows]


def _require(conn: psycopg.Connection[Any], consumer_id: str) -> None:
    if not conn.execute("select 1 from hub.consumer where consumer_id = %s", (consumer_id,)).fetchone():
        raise AdministrationRefused(f"no consumer {consumer_id}: `hub consumer list` shows them")


def _set_status(conn: psycopg.Connection[Any], consumer_id: str, status: str) -> None:
    _require(conn, consumer_id)
    conn.execute("update hub.consumer set status = %s where consumer_id = %s", (status, consumer_id))


def _log(
    conn: psycopg.Connection[Any],
    consumer_id: str,
    by: str,
    outcome: str,
    procedure: str | None = None,
    legal_basis: str | None = None,
    attributes: list[str] | None = None,
) -> None:
    log_steward(
        conn,
        exchange_id=new_exchange_id(),
        officer=by,
        outcome=outcome,
        legal_basis=legal_basis,
        kind="administration",
        consumer_id=consumer_id,
        procedure=procedure,
        attributes=attributes,
    )
