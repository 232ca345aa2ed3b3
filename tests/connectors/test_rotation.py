"""A secret that is replaced while a connector is in use, over a real server of each protocol."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from connectors.base import Ports
from connectors.business import Business
from connectors.errors import Denied
from connectors.memory import memory_ports
from hub.store.secret_sources import StoreSecrets
from tests.connectors.cards import DAY, DAY_18, read
from tests.connectors.conftest import CLAIM, CONTEXT, Connect, business_settings, settings
from tests.connectors.lgsp import KEYS, Lgsp, code, hashed
from tests.connectors.register import SINCE, UNTIL, Register
from tests.connectors.test_sftp import Server, server
from tests.connectors.test_sql import Source, source
from tests.connectors.tls_server import tls_served

__all__ = ["server", "source"]


def now() -> datetime:
    """Returns the real time, as the servers' own `Date` does."""
    return datetime.now(UTC)


OLD, NEW = "old-secret", "new-secret"


class Vault:
    """A file of a secret, replaced by renaming, and a command that prints the same."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "account.secret"
        self.ports: Ports = replace(memory_ports(), secrets=StoreSecrets(folder))
        for name, text in (("key", "sandbox-key"), ("officer", "an:an-pass")):
            self._write(folder / name, text)

    def rotate(self, secret: str) -> None:
        """Puts a secret in the place of the earlier one."""
        self._write(self.path, secret)

    def reference(self, source: str) -> str:
        """Returns the reference to the secret, by its file or by the command."""
        return f"file:{self.path}" if source == "file" else f"command:cat {self.path}"

    @staticmethod
    def _write(path: Path, text: str) -> None:
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(f"{text}\n")
        draft.rename(path)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault with the old secret."""
    vault = Vault(tmp_path)
    vault.rotate(OLD)
    return vault


sources = pytest.mark.parametrize("by", ["file", "command"])


class SecurityServer:
    """A population register that checks the signature of each request."""

    def __init__(self, register: Register) -> None:
        self.register, self.secret, self.refusals = register, OLD, 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        signed = f"http://mock.local/qldc/populationsandbox-hub{request.headers['Timestamp']}{self.secret}"
        due = base64.b64encode(f"sandbox-hub:{hashlib.sha256(signed.encode()).hexdigest()}".encode()).decode()
        if request.headers["Authorization"] != f"Basic {due}":
            self.refusals += 1
            return httpx.Response(401)
        return await self.register(request)


@sources
async def test_soap_signs_with_the_new_secret(connect: Connect, register: Register, vault: Vault, by: str) -> None:
    """A rotated file is used at once; a command's kept answer costs one refusal, and the call succeeds all the same."""
    gate = SecurityServer(register)
    with tls_served(gate, None) as served:
        config = settings(url=served.url, secret=vault.reference(by), api_key="file:key")
        async with connect(config=config, ports=vault.ports, transport=None, clock=now) as connector:
            assert await connector.citizen(CLAIM, CONTEXT) is None
            gate.secret = NEW
            vault.rotate(NEW)

            assert await connector.citizen(CLAIM, CONTEXT) is None

    assert gate.refusals == (0 if by == "file" else 1)


async def test_a_secret_that_changes_between_two_tries_is_used(
    connect: Connect, register: Register, vault: Vault
) -> None:
    """The register turns first: its 401 meets the new secret, and a second 401 would be the end."""
    gate = SecurityServer(register)
    gate.secret = NEW

    async def late(request: httpx.Request) -> httpx.Response:
        answer = await gate(request)
        vault.rotate(NEW)
        return answer

    with tls_served(late, None) as served:
        config = settings(url=served.url, secret=vault.reference("file"), api_key="file:key")
        async with connect(config=config, ports=vault.ports, transport=None, clock=now) as connector:
            assert await connector.citizen(CLAIM, CONTEXT) is None

    assert gate.refusals == 1


def lgsp_account(vault: Vault, by: str, url: str) -> dict[str, object]:
    """Returns the settings of an account whose secret key lies in the vault."""
    officers = {"CB-SYNC": "file:officer", "CB-00123": "file:officer"}
    return {"url": f"{url}/lgsp", "secret": vault.reference(by), "officer_secrets": officers}


def turned(lgsp: Lgsp, secret: str) -> None:
    """Makes the register know another secret key, and none of the tokens that the old one bought."""
    lgsp.keys = {**KEYS, "SecretKey": secret}
    lgsp.passes = {"an": hashed("an:an-pass")}
    lgsp.revoke()


@sources
async def test_rest_does_not_use_a_token_of_the_old_secret(
    business: Callable[..., Business], lgsp: Lgsp, vault: Vault, by: str
) -> None:
    """A token that the old secret bought ends with it: the new secret buys one, and another process finds that one."""
    turned(lgsp, OLD)
    with tls_served(lgsp, None) as served:
        config = business_settings(**lgsp_account(vault, by, served.url))
        async with business(config=config, ports=vault.ports, transport=None) as connector:
            assert await connector.enterprise(code(1), CONTEXT) is None
            turned(lgsp, NEW)
            vault.rotate(NEW)
            assert await connector.enterprise(code(1), CONTEXT) is None
        other = replace(vault.ports, secrets=StoreSecrets(vault.path.parent))
        async with business(config=config, ports=other, transport=None) as connector:
            assert await connector.enterprise(code(1), CONTEXT) is None

    tokens = [request.headers["Authorization"] for request in lgsp.requests]
    assert tokens == ["Bearer token-1", "Bearer token-1", "Bearer token-2", "Bearer token-2"]
    assert len(lgsp.logins) == 2


@sources
async def test_a_login_meets_the_secret_of_its_moment(
    business: Callable[..., Business], lgsp: Lgsp, vault: Vault, by: str
) -> None:
    """Keys that the token service refuses are tried again only when they are others by then."""
    turned(lgsp, NEW)

    async def late(request: httpx.Request) -> httpx.Response:
        answer = await lgsp(request)
        if len(lgsp.logins) == 1:
            vault.rotate(NEW)
        return answer

    with tls_served(late, None) as served:
        config = business_settings(**lgsp_account(vault, by, served.url))
        async with business(config=config, ports=vault.ports, transport=None) as connector:
            assert await connector.enterprise(code(1), CONTEXT) is None
        turned(lgsp, "yet-another")
        before = len(lgsp.logins)
        async with business(config=config, ports=vault.ports, transport=None) as connector:
            with pytest.raises(Denied) as caught:
                await connector.enterprise(code(1), CONTEXT)

    assert before == 2
    assert caught.value.code == "login_refused"
    assert len(lgsp.logins) == before + 1


async def rotated_while_open(
    use: Callable[[], Awaitable[object]], turn: Callable[[], Awaitable[None]], vault: Vault
) -> None:
    """Uses a connector, turns the account over there and here, and uses it again."""
    await use()
    await turn()
    vault.rotate(NEW)
    await use()


@sources
async def test_sftp_signs_in_with_the_new_password(server: Server, vault: Vault, by: str) -> None:
    """A new connection uses the new password, and the same wrong one is not tried twice."""
    server.password = OLD

    async def turn() -> None:
        server.password = NEW
        await server.stop()
        await server.start()

    async with server.cards(secret=vault.reference(by), ports=vault.ports) as connector:
        await rotated_while_open(lambda: read(connector.cards(DAY_18, DAY_18 + DAY)), turn, vault)
        server.password = "yet-another"
        await server.stop()
        await server.start()
        signed_in = server.signed_in
        with pytest.raises(Denied) as caught:
            await read(connector.cards(DAY_18, DAY_18 + DAY))

    assert (caught.value.code, server.signed_in - signed_in) == ("credentials", 1)


@sources
async def test_a_database_is_opened_with_the_new_password(source: Source, vault: Vault, by: str) -> None:
    """A connection that has to be opened anew is opened with the secret of that moment."""

    async def turn() -> None:
        source.run(f"alter role \"{source.role}\" password '{NEW}'")
        source.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", source.role)

    source.run(f"alter role \"{source.role}\" password '{OLD}'")
    async with source.cards(secret=vault.reference(by), ports=vault.ports) as connector:
        await rotated_while_open(lambda: read(connector.cards(SINCE, UNTIL)), turn, vault)
