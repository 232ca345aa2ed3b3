"""Commands about consumers: the systems that may ask, their keys, officers and grants."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.failures import Failed
from hub.cli.feeds import instant
from hub.cli.terminal import AsJson, By, console, print_json, print_table, read_object

app = typer.Typer(help="Consumers: add, list, rotate, disable, enable, officer, grant, revoke.", no_args_is_help=True)
Consumer = Annotated[str, typer.Argument(help="The consumer's id, such as portal-g16.")]
PublicKey = Annotated[Path | None, typer.Option("--key", help="The consumer's public key as a JWK.")]
NewKey = Annotated[
    Path | None, typer.Option("--new-key", help="Make a key pair: the private JWK goes into this file (0600).")
]


@app.command("add", epilog="Example: hub consumer add portal-g16 --name 'Ministry portal' --key portal.jwk --by lan.nt")
def add(
    consumer: Consumer,
    name: Annotated[str, typer.Option(help="Its name, for people.")],
    by: By,
    key: PublicKey = None,
    new_key: NewKey = None,
    as_json: AsJson = False,
) -> None:
    """Adds a consumer with its first public key. It may ask nothing before it has an officer and a grant."""
    from hub.exchange.consumers import add_consumer

    with _public_key(key, new_key) as jwk, _connect() as conn:
        kid = add_consumer(conn, consumer_id=consumer, name=name, jwk=jwk, by=by)
    _told({"consumer": consumer, "kid": kid}, f"consumer {consumer} has key {kid}; next: officer, grant", as_json)


@app.command("list", epilog="Example: hub consumer list --json")
def list_consumers(as_json: AsJson = False) -> None:
    """Lists all consumers with their keys, officers and grants in force."""
    from hub.exchange import consumers

    with _connect() as conn:
        found = consumers.list_consumers(conn)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (
            each.consumer_id,
            each.name,
            each.status,
            "\n".join(each.keys),
            ", ".join(each.officers),
            "\n".join(each.grants),
        )
        for each in found
    ]
    columns = ("consumer", "name", "status", "keys", "officers", "procedures granted")
    print_table("Consumers", columns, rows, empty="no consumer yet: `hub consumer add`")


@app.command("rotate", epilog="Example: hub consumer rotate portal-g16 --key new.jwk --by lan.nt")
def rotate(consumer: Consumer, by: By, key: PublicKey = None, new_key: NewKey = None, as_json: AsJson = False) -> None:
    """Replaces all keys of a consumer by a new one; tokens under the old keys stop working at once."""
    from hub.exchange.consumers import rotate_key

    with _public_key(key, new_key) as jwk, _connect() as conn:
        kid = rotate_key(conn, consumer_id=consumer, jwk=jwk, by=by)
    _told({"consumer": consumer, "kid": kid}, f"consumer {consumer} has key {kid} and no other", as_json)


@app.command("disable", epilog="Example: hub consumer disable portal-g16 --by lan.nt")
def disable(
    consumer: Consumer,
    by: By,
    key: Annotated[str | None, typer.Option(help="Only this key, for good: its id in `hub consumer list`.")] = None,
) -> None:
    """Stops a consumer, or one of its keys, at once: the kill switch."""
    from hub.exchange.consumers import disable_consumer, disable_key

    with _connect() as conn:
        if key is None:
            disable_consumer(conn, consumer_id=consumer, by=by)
        else:
            disable_key(conn, consumer_id=consumer, kid=key, by=by)
    console().print(f"{f'key {key} of ' if key else ''}consumer {consumer} is disabled")


@app.command("enable", epilog="Example: hub consumer enable portal-g16 --by lan.nt")
def enable(consumer: Consumer, by: By) -> None:
    """Lets a disabled consumer ask again."""
    from hub.exchange.consumers import enable_consumer

    with _connect() as conn:
        enable_consumer(conn, consumer_id=consumer, by=by)
    console().print(f"consumer {consumer} is active")


@app.command("officer", epilog="Example: hub consumer officer portal-g16 CB-00123 --by lan.nt")
def officer(
    consumer: Consumer,
    code: Annotated[str, typer.Argument(help="The official's code, such as CB-00123.")],
    by: By,
    remove: Annotated[bool, typer.Option("--remove", help="Stop calls on behalf of this official.")] = False,
) -> None:
    """Registers an official on whose behalf the consumer may ask."""
    from hub.exchange.consumers import add_officer, disable_officer

    with _connect() as conn:
        (disable_officer if remove else add_officer)(conn, consumer_id=consumer, officer=code, by=by)
    console().print(f"officer {code} of {consumer} {'is disabled' if remove else 'may be named'}")


@app.command("grant", epilog="Example: hub consumer grant portal-g16 1.004623 --by lan.nt")
def grant(
    consumer: Consumer,
    procedure: Annotated[str, typer.Argument(help="The procedure's code, such as 1.004623.")],
    by: By,
    attribute: Annotated[list[str] | None, typer.Option(help="One attribute, repeatable; empty: all it needs.")] = None,
    legal_basis: Annotated[str | None, typer.Option(help="The ground; empty: the procedure's own.")] = None,
    valid_to: Annotated[str | None, typer.Option(help="End of the grant, ISO 8601.")] = None,
) -> None:
    """Grants a consumer the attributes that a procedure needs, or fewer of them."""
    from hub.exchange import consumers
    from hub.mapping.procedures import load_procedure

    needed = load_procedure(procedure)
    with _connect() as conn:
        consumers.grant(
            conn,
            consumer_id=consumer,
            procedure=procedure,
            attributes=attribute or sorted(needed.attributes),
            legal_basis=legal_basis or "; ".join(needed.spec.legal_basis),
            by=by,
            valid_to=instant(valid_to),
        )
    console().print(f"{consumer} may ask for procedure {procedure}")


@app.command("revoke", epilog="Example: hub consumer revoke portal-g16 1.004623 --by lan.nt")
def revoke(consumer: Consumer, procedure: Annotated[str, typer.Argument(help="The procedure's code.")], by: By) -> None:
    """Ends a grant now."""
    from hub.exchange import consumers

    with _connect() as conn:
        consumers.revoke(conn, consumer_id=consumer, procedure=procedure, by=by)
    console().print(f"{consumer} may no longer ask for procedure {procedure}")


@contextmanager
def _public_key(given: Path | None, new: Path | None) -> Iterator[dict[str, Any]]:
    """Yields the public key; a new private one is kept only when the hub has taken the public one."""
    if (given is None) == (new is None):
        raise Failed("give --key with the consumer's public key, or --new-key to make a pair")
    if given is not None:
        yield read_object(given)
        return
    from hub.exchange.tokens import new_client_key

    assert new is not None  # noqa: S101 - one of the two was given
    private, public = new_client_key()
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Failed(f"{new} exists already: name a file that does not") from None
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(private, file)
        yield public
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _connect() -> Any:
    from hub.settings import Role, get_settings
    from hub.store.engine import connect

    return connect(get_settings(), Role.OWNER)


def _told(value: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(value)
    else:
        console().print(sentence)
