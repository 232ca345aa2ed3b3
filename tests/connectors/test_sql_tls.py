"""A database behind real TLS: the register's authority, our certificate, and both renewed while in use."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.errors import Denied, Refused
from connectors.memory import memory_ports
from hub.store.secret_sources import StoreSecrets
from tests.connectors.authority import Authority, server_context
from tests.connectors.cards import ViewedCards, read
from tests.connectors.register import SINCE, UNTIL
from tests.connectors.test_sql import PASSWORD, Source, refused, source, window

__all__ = ["source"]

HOST = "127.0.0.1"


@contextmanager
def behind_tls(target: tuple[str, int], context: ssl.SSLContext) -> Iterator[tuple[int, list[str]]]:
    """Puts TLS in front of a PostgreSQL that has none; gives the port, and who came (common names)."""
    listener, seen = socket.create_server((HOST, 0)), list[str]()

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    def serve(client: socket.socket) -> None:
        with suppress(OSError):
            client.recv(8)  # SSLRequest
            client.sendall(b"S")
            with context.wrap_socket(client, server_side=True) as inside, socket.create_connection(target) as database:
                peer: dict[str, Any] = inside.getpeercert() or {}  # type: ignore[assignment]
                seen.append(dict(part[0] for part in peer.get("subject", ())).get("commonName", ""))
                back = threading.Thread(target=pump, args=(database, inside), daemon=True)
                back.start()
                pump(inside, database)
                back.join(5)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The register's authority, in `ca.pem`."""
    authority = Authority()
    (tmp_path / "ca.pem").write_text(authority.pem)
    return authority


@contextmanager
def cards(
    source: Source, folder: Path, context: ssl.SSLContext, **changed: Any
) -> Iterator[tuple[ViewedCards, list[str]]]:
    """Makes a connector to the database behind TLS, and tells who came."""
    at = urlsplit(source.server.admin_url)
    (folder / "account").touch(mode=0o600)
    (folder / "account").write_text(f"{PASSWORD}\n")
    with behind_tls((at.hostname or HOST, at.port or 5432), context) as (port, seen):
        settings = {
            "url": f"postgresql+psycopg://{HOST}:{port}/{source.database}",
            "secret": "file:account",
            "ca_file": folder / "ca.pem",
            **changed,
        }
        yield source.cards(ports=replace(memory_ports(), secrets=StoreSecrets(folder)), **settings), seen


def ours(folder: Path, name: str = "hub") -> dict[str, Any]:
    """Returns the settings of our certificate."""
    return {"client_certificate": folder / f"{name}.pem", "client_key": f"file:{name}.key"}


async def test_a_certificate_opens_a_database_and_is_renewed(
    source: Source, authority: Authority, tmp_path: Path
) -> None:
    """A new connection shows the certificate of that moment, which the key's reference belongs to."""
    authority.issue("hub").put(tmp_path, "hub")
    source.add(("100050000001", SINCE))
    context = server_context(tmp_path, authority.issue("x", HOST), authority)
    with cards(source, tmp_path, context, **ours(tmp_path)) as (connector, seen):
        async with connector:
            first = await read(connector.cards(SINCE, UNTIL))
            authority.issue("hub renewed").put(tmp_path, "hub")
            source.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", source.role)
            second = await read(connector.cards(SINCE, UNTIL))

    assert (len(first), len(second)) == (1, 1)
    assert seen == ["hub", "hub renewed"]


async def test_an_encrypted_key_opens_a_database(source: Source, authority: Authority, tmp_path: Path) -> None:
    """The passphrase is a reference of its own."""
    authority.issue("hub").put(tmp_path, "hub", passphrase="open-sesame")
    (tmp_path / "phrase").touch(mode=0o600)
    (tmp_path / "phrase").write_text("open-sesame\n")
    context = server_context(tmp_path, authority.issue("x", HOST), authority)
    with cards(source, tmp_path, context, client_key_passphrase="file:phrase", **ours(tmp_path)) as (connector, seen):
        assert await window(connector) == []

    assert seen == ["hub"]


async def test_each_failure_has_its_code(source: Source, authority: Authority, tmp_path: Path) -> None:
    """None, of another authority, ended, without its key: what is wrong with our certificate is told apart."""
    Authority("Another").issue("stranger").put(tmp_path, "stranger")
    authority.issue("ended", days=-1).put(tmp_path, "ended")
    authority.issue("hub").put(tmp_path, "hub")
    context = server_context(tmp_path, authority.issue("x", HOST), authority)
    expected = [
        ({}, Denied, "client_certificate_missing"),
        (ours(tmp_path, "stranger"), Denied, "client_certificate"),
        (ours(tmp_path, "ended"), Denied, "client_certificate_expired"),
        (ours(tmp_path) | {"client_key": "file:ended.key"}, Refused, "certificate_unusable"),
        (ours(tmp_path) | {"client_key": "file:none.key"}, Refused, "secret_missing"),
    ]
    found = []
    for changed, _, _ in expected:
        with cards(source, tmp_path, context, **changed) as (connector, _):
            error = await refused(connector)
            assert str(tmp_path) not in str(error)
            found.append((changed, type(error), error.code))

    assert found == expected


@pytest.mark.parametrize(
    ("another", "host", "days", "code"),
    [(True, HOST, 9, "certificate"), (False, "other.invalid", 9, "certificate_host"), (False, HOST, -1, "certificate")],
    ids=["another authority", "another name", "ended"],
)
async def test_a_server_that_can_not_be_trusted_is_denied(
    source: Source, authority: Authority, tmp_path: Path, another: bool, host: str, days: float, code: str
) -> None:
    """No password goes to it. libpq does not say that a certificate has ended, only that it does not hold."""
    signer = Authority("Another") if another else authority
    context = server_context(tmp_path, signer.issue("x", host, days=days))
    with cards(source, tmp_path, context) as (connector, _):
        error = await refused(connector)

    assert (type(error), error.code) == (Denied, code)


async def test_tls_1_1_is_refused(source: Source, authority: Authority, tmp_path: Path) -> None:
    """A database that offers nothing newer gets no password."""
    context = server_context(tmp_path, authority.issue("x", HOST))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with cards(source, tmp_path, context) as (connector, seen):
        error = await refused(connector)

    assert (type(error), error.code, seen) == (Denied, "tls_version", [])
