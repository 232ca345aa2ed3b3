"""Files over SFTP, from a real SSH server in this process whose key is pinned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.memory import memory_ports
from connectors.retry import RetryBudget
from hub.settings import RegisterSettings
from tests.connectors.cards import DAY, DAY_18, DeliveredCards, card, csv, delivered, put, read

PASSWORD = "sftp-password"
DROP = "drop"


class Account(asyncssh.SSHServer):
    """Lets one account in, by password or by key."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._server.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        self._server.signed_in += 1
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("hub", self._server.password)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "hub" and key.public_data == self._server.client_key.public_data


class Drop(asyncssh.SFTPServer):
    """The folder of a server, which may go silent."""

    def __init__(self, channel: asyncssh.SSHServerChannel, server: Server) -> None:
        super().__init__(channel, chroot=str(server.root))
        self._server = server

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if self._server.silent:
            self._server.silent -= 1
            await asyncio.sleep(60)
        return super().read(file_obj, offset, size)  # type: ignore[return-value]


@dataclass
class Server:
    """An SFTP server with one folder."""

    root: Path
    host_key: asyncssh.SSHKey
    client_key: asyncssh.SSHKey
    password: str = PASSWORD
    port: int = 0
    listener: asyncssh.SSHAcceptor | None = None
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    signed_in: int = 0
    silent: int = 0

    async def start(self) -> None:
        """Opens the port: the same one after a stop."""
        self.listener = await asyncssh.create_server(
            lambda: Account(self),
            "127.0.0.1",
            self.port,
            server_host_keys=[self.host_key],
            sftp_factory=lambda channel: Drop(channel, self),
        )
        self.port = self.listener.get_port()

    async def stop(self) -> None:
        """Closes the port and breaks every connection."""
        assert self.listener is not None
        self.listener.close()
        for connection in self.connections:
            connection.abort()
        await self.listener.wait_closed()

    def pins(self, key: asyncssh.SSHKey | None = None) -> str:
        """Writes the pinned key of this server as `known_hosts` has it."""
        public = (key or self.host_key).export_public_key("openssh").decode()
        return f"[127.0.0.1]:{self.port} {public}"

    def cards(self, **changed: Any) -> DeliveredCards:
        """Makes a connector to this server; `pins` is what `ca_file` holds, `held` the secret itself."""
        known = self.root.parent / "known_hosts"
        known.write_text(changed.pop("pins", self.pins()))
        ports = changed.pop("ports", None) or memory_ports({"env:SECRET": changed.pop("held", PASSWORD)})
        settings = {
            "url": f"sftp://127.0.0.1:{self.port}/{DROP}", "user": "hub", "secret": "env:SECRET", "ca_file": known,
            **changed,
        }  # fmt: skip
        return delivered("", config=RegisterSettings(**settings), ports=ports)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server with the file of 18 November."""
    folder = tmp_path / "root" / DROP
    folder.mkdir(parents=True)
    put(folder, 18, csv(card(1, "18T08:00:00"), card(2, "18T09:00:00")))
    keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(2)]
    server = Server(tmp_path / "root", *keys)
    await server.start()
    yield server
    await server.stop()


async def day(connector: DeliveredCards) -> list[Any]:
    """Reads 18 November and closes the connector."""
    async with connector:
        return await read(connector.cards(DAY_18, DAY_18 + DAY))


async def refused(connector: DeliveredCards) -> ConnectorError:
    """Returns the error of a connector that must fail."""
    with pytest.raises(ConnectorError) as caught:
        await day(connector)
    return caught.value


async def test_a_file_is_read_with_a_password(server: Server) -> None:
    """Rows come over SFTP as they come from a folder."""
    assert [entry.key[-1] for entry in await day(server.cards())] == ["1", "2"]


@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem"])
async def test_a_file_is_read_with_a_key(server: Server, form: str) -> None:
    """A secret that is a private key signs in without a password."""
    key = server.client_key.export_private_key(form).decode()

    assert len(await day(server.cards(held=key))) == 2


async def test_the_set_up_of_the_shell_is_not_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy, a key or a host that the user's own SSH trusts plays no part."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host *\n  ProxyCommand false\n  User someone\n")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert len(await day(server.cards())) == 2


async def test_another_host_key_is_denied(server: Server) -> None:
    """A server that shows another key than the pinned one gets neither a password nor a question."""
    error = await refused(server.cards(pins=server.pins(asyncssh.generate_private_key("ssh-ed25519"))))

    assert (type(error), error.code) == (Denied, "host_key")
    assert server.signed_in == 0


async def test_the_key_of_another_server_does_not_count(server: Server) -> None:
    """A key is pinned to its server: the right key under another name is no trust."""
    error = await refused(server.cards(pins=server.pins().replace("127.0.0.1", "other.invalid")))

    assert (type(error), error.code) == (Denied, "host_key")


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"ca_file": None}, "ca_file"), ({"pins": ""}, "ca_file"), ({"ca_file": "/nowhere"}, "ca_file"),
     ({"secret": None}, "secret"), ({"secret": "env:OTHER"}, "secret"), ({"held": "-----BEGIN rubbish"}, "secret")],
)  # fmt: skip
async def test_nothing_is_trusted_by_default(server: Server, changed: dict[str, Any], field: str) -> None:
    """Without a pinned key, or with a secret that makes no sense, no connection is tried."""
    error = await refused(server.cards(**changed))

    assert (type(error), error.code) == (Refused, "secret_missing")
    assert field in error.fields
    assert server.connections == []


@pytest.mark.parametrize("changed", [{"held": "wrong"}, {"user": "someone"}])
async def test_a_wrong_account_is_denied(server: Server, changed: dict[str, str]) -> None:
    """A refused account is a person's work: it is not tried again."""
    error = await refused(server.cards(**changed))

    assert (type(error), error.code) == (Denied, "credentials")


@pytest.mark.parametrize("url", ["sftp://hub@127.0.0.1/drop", "sftp:///drop"])
async def test_an_address_holds_no_account(server: Server, url: str) -> None:
    """An account in the address would stand in every log that names the address."""
    error = await refused(server.cards(url=url))

    assert (type(error), error.code) == (Refused, "address_invalid")


async def test_a_folder_that_is_not_there_is_refused(server: Server) -> None:
    """A wrong folder is a wrong setting."""
    error = await refused(server.cards(url=f"sftp://127.0.0.1:{server.port}/other"))

    assert (type(error), error.code) == (Refused, "address_invalid")


async def test_a_link_on_the_server_is_refused(server: Server) -> None:
    """A link is not followed, on a server as little as in a folder."""
    file = server.root / DROP / "the_20261118.csv"
    file.rename(server.root / "other.csv")
    file.symlink_to("../other.csv")

    error = await refused(server.cards())

    assert (type(error), error.code) == (BrokenContract, "file_refused")


async def test_a_large_file_is_not_read_to_its_end(server: Server) -> None:
    """The bound holds over the network as well."""
    put(server.root / DROP, 18, b"x" * 1_000_000)

    error = await refused(server.cards())

    assert (type(error), error.code) == (BrokenContract, "oversize")


async def test_a_server_that_is_down_is_unavailable(server: Server) -> None:
    """No connection is no answer: later it may work."""
    await server.stop()

    error = await refused(server.cards())

    assert (type(error), error.code) == (Unavailable, "connection")
    await server.start()


async def test_a_broken_connection_is_opened_anew(server: Server) -> None:
    """A server that restarts between two windows costs a retry and no failure."""
    async with server.cards() as connector:
        first = await read(connector.cards(DAY_18, DAY_18 + DAY))
        await server.stop()
        await server.start()
        second = await read(connector.cards(DAY_18, DAY_18 + DAY))

    assert (len(first), len(second)) == (2, 2)


async def test_a_silent_server_is_asked_on_a_new_connection(server: Server) -> None:
    """An attempt that timed out takes its connection with it: the next one does not wait for the same silence."""
    server.silent = 1
    async with server.cards() as connector:
        connector.budget = RetryBudget(attempts=2, seconds=30.0, attempt_seconds=2.0, first_wait=0.001)

        assert len(await read(connector.cards(DAY_18, DAY_18 + DAY))) == 2

    assert len(server.connections) == 2
