"""Private authorities and client certificates over real TLS: a code for each failure, and renewal without a restart."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.business import Business
from connectors.errors import ConnectorError, Denied, Refused
from connectors.memory import memory_ports
from connectors.tls import TlsTransport
from connectors.tls_problems import tls_problem
from connectors.transfer import http_client
from hub.store.secret_sources import StoreSecrets
from tests.connectors.authority import Authority, Issued, server_context
from tests.connectors.conftest import BUSINESS_SECRETS, CLAIM, CONTEXT, SECRETS, Connect, business_settings, settings
from tests.connectors.lgsp import Lgsp, code
from tests.connectors.register import Register
from tests.connectors.tls_server import Served, tls_served

HOST = "127.0.0.1"


class Files(StoreSecrets):
    """Secrets of files, beside those that a test gives by name."""

    async def get(self, reference: str) -> str:
        """Returns the secret."""
        known = SECRETS | BUSINESS_SECRETS
        return known[reference] if reference in known else await super().get(reference)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The register's authority, in `ca.pem`."""
    authority = Authority()
    (tmp_path / "ca.pem").write_text(authority.pem)
    return authority


def tls(folder: Path, **changed: Any) -> dict[str, Any]:
    """Returns settings with the authority and the certificate `hub`."""
    return {
        "ca_file": folder / "ca.pem",
        "client_certificate": folder / "hub.pem",
        "client_key": "file:hub.key",
        **changed,
    }


async def ask(connect: Connect, url: str, folder: Path, **config: Any) -> None:
    """Asks the population register once over the network."""
    ports = replace(memory_ports(), secrets=Files(folder, rest=0.01))
    async with connect(config=settings(url=url, **config), ports=ports, transport=None) as connector:
        assert await connector.citizen(CLAIM, CONTEXT) is None


async def refused(connect: Connect, url: str, folder: Path, **config: Any) -> ConnectorError:
    """Returns the error of a call that must fail; it shows no path and no part of a key or certificate."""
    with pytest.raises(ConnectorError) as caught:
        await ask(connect, url, folder, **config)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert str(folder) not in f"{error!r}{error}"
    assert "BEGIN" not in f"{error!r}{error}"
    return error


async def test_the_right_certificate_opens_soap(
    connect: Connect, register: Register, authority: Authority, tmp_path: Path
) -> None:
    """A register under its own authority sees who we are."""
    authority.issue("hub").put(tmp_path, "hub")
    with tls_served(register, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        await ask(connect, served.url, tmp_path, **tls(tmp_path))

    assert set(served.seen) == {"hub"}


async def test_the_right_certificate_opens_rest(
    business: Callable[..., Business], lgsp: Lgsp, authority: Authority, tmp_path: Path
) -> None:
    """The log-in and the question both go under the certificate."""
    authority.issue("hub").put(tmp_path, "hub")
    ports = replace(memory_ports(), secrets=Files(tmp_path))
    with tls_served(lgsp, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        config = business_settings(url=f"{served.url}/lgsp", **tls(tmp_path))
        async with business(config=config, ports=ports, transport=None) as connector:
            assert await connector.enterprise(code(1), CONTEXT) is None

    assert served.seen == ["hub", "hub"]


async def test_an_encrypted_key_is_opened_by_its_passphrase(
    connect: Connect, register: Register, authority: Authority, tmp_path: Path
) -> None:
    """The passphrase is a reference of its own."""
    authority.issue("hub").put(tmp_path, "hub", passphrase="open-sesame")
    (tmp_path / "phrase").touch(mode=0o600)
    (tmp_path / "phrase").write_text("open-sesame\n")
    with tls_served(register, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        await ask(connect, served.url, tmp_path, **tls(tmp_path, client_key_passphrase="file:phrase"))

    assert set(served.seen) == {"hub"}


@pytest.mark.parametrize(
    ("version", "expected"),
    [(ssl.TLSVersion.TLSv1_3, "client_certificate_missing"), (ssl.TLSVersion.TLSv1_2, "handshake_refused")],
    ids=["TLS 1.3", "TLS 1.2"],
)
async def test_a_register_that_wants_a_certificate_says_so(
    connect: Connect, register: Register, authority: Authority, tmp_path: Path, version: ssl.TLSVersion, expected: str
) -> None:
    """Without a certificate there is no question; TLS 1.2 does not tell the reason from other ones."""
    context = server_context(tmp_path, authority.issue("x", HOST), authority)
    context.minimum_version = context.maximum_version = version
    with tls_served(register, context) as served:
        error = await refused(connect, served.url, tmp_path, ca_file=tmp_path / "ca.pem")

    assert (type(error), error.code, register.requests) == (Denied, expected, [])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2], ids=["TLS 1.3", "TLS 1.2"])
async def test_a_certificate_of_another_authority_is_refused(
    connect: Connect, register: Register, authority: Authority, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """The register does not know who vouches for us."""
    Authority("Another").issue("hub").put(tmp_path, "hub")
    context = server_context(tmp_path, authority.issue("x", HOST), authority)
    context.minimum_version = context.maximum_version = version
    with tls_served(register, context) as served:
        error = await refused(connect, served.url, tmp_path, **tls(tmp_path))

    assert (type(error), error.code, register.requests) == (Denied, "client_certificate", [])


async def test_our_certificate_that_has_ended_is_not_shown(
    connect: Connect, register: Register, authority: Authority, tmp_path: Path
) -> None:
    """An ended certificate is known here, so nothing is sent."""
    authority.issue("hub", days=-1).put(tmp_path, "hub")
    with tls_served(register, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        error = await refused(connect, served.url, tmp_path, **tls(tmp_path))

    assert (type(error), error.code, served.connections) == (Denied, "client_certificate_expired", 0)


@pytest.mark.parametrize(
    ("issue", "expected"),
    [
        (lambda authority: Authority("Another").issue("x", HOST), "certificate"),
        (lambda authority: authority.issue("x", HOST, days=-1), "certificate_expired"),
        (lambda authority: authority.issue("x", "other.invalid"), "certificate_host"),
        (lambda authority: authority.issue("x", "127.0.0.2"), "certificate_host"),
    ],
    ids=["another authority", "ended", "another name", "another address"],
)
async def test_a_server_that_can_not_be_trusted_is_denied(
    connect: Connect,
    register: Register,
    authority: Authority,
    tmp_path: Path,
    issue: Callable[[Authority], Issued],
    expected: str,
) -> None:
    """Each reason has its code, and nothing is sent."""
    with tls_served(register, server_context(tmp_path, issue(authority))) as served:
        error = await refused(connect, served.url, tmp_path, ca_file=tmp_path / "ca.pem")

    assert (type(error), error.code, register.requests) == (Denied, expected, [])


async def test_tls_1_1_is_refused(connect: Connect, register: Register, authority: Authority, tmp_path: Path) -> None:
    """A server that offers nothing newer is not called, however good its certificate."""
    context = server_context(tmp_path, authority.issue("x", HOST))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with tls_served(register, context) as served:
        error = await refused(connect, served.url, tmp_path, ca_file=tmp_path / "ca.pem")

    assert (type(error), error.code, register.requests) == (Denied, "tls_version", [])


@pytest.mark.parametrize(
    ("page", "expected"),
    [("No required SSL certificate was sent", "client_certificate_missing"),
     ("The SSL certificate error", "client_certificate")],
)  # fmt: skip
async def test_a_proxy_that_judges_after_the_handshake_is_understood(
    connect: Connect, register: Register, page: str, expected: str
) -> None:
    """nginx answers 400 with a page in the place of an alert."""
    register.script.append(httpx.Response(400, html=f"<html><center>{page}</center></html>"))

    with pytest.raises(Denied) as caught:
        await connect().citizen(CLAIM, CONTEXT)

    assert caught.value.code == expected


async def test_a_refusal_that_got_lost_is_asked_for_once_more(authority: Authority, tmp_path: Path) -> None:
    """A server that refuses and closes at once may reset the connection before its alert is read: we ask why."""
    Authority("Another").issue("hub").put(tmp_path, "hub")
    with tls_served(hello, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        async with client(served, tmp_path) as http:
            for _ in range(20):
                with pytest.raises((Denied, ssl.SSLError, httpx.TransportError)) as caught:
                    await http.post(served.url, content=b"x" * 100_000)
                found = caught.value.code if isinstance(caught.value, Denied) else tls_problem(caught.value)
                assert found == "client_certificate"


async def test_a_connection_that_broke_for_another_reason_stays_one(authority: Authority, tmp_path: Path) -> None:
    """Where the register has nothing against us, a broken connection is no matter of certificates; we ask once."""
    authority.issue("hub").put(tmp_path, "hub")
    with tls_served(broken, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        async with client(served, tmp_path) as http:
            for _ in range(3):
                with pytest.raises(httpx.TransportError):
                    await http.get(served.url)

    assert served.connections == 4


@pytest.mark.parametrize("reason", ["SSLV3_ALERT_CERTIFICATE_EXPIRED", "TLSV1_ALERT_UNKNOWN_CA", "BAD_SIGNATURE"])
def test_an_alert_is_read_by_its_name(reason: str) -> None:
    """The register's clock may end our certificate before ours does; what we do not know stays a lost connection."""
    error = ssl.SSLError(1, "text")
    error.reason = reason
    behind = httpx.ReadError("x")
    behind.__cause__ = error

    assert tls_problem(behind) == {
        "SSLV3_ALERT_CERTIFICATE_EXPIRED": "client_certificate_expired",
        "TLSV1_ALERT_UNKNOWN_CA": "client_certificate",
    }.get(reason)


@pytest.mark.parametrize(
    ("changed", "expected", "fields"),
    [
        ({"ca_file": "none.pem"}, "secret_missing", ("ca_file",)),
        ({"ca_file": "hub.key"}, "certificate_unusable", ("ca_file",)),
        ({"client_certificate": "none.pem"}, "secret_missing", ("client_certificate",)),
        ({"client_certificate": "hub.key"}, "certificate_unusable", ("client_certificate", "client_key")),
        ({"client_key": "file:none.key"}, "secret_missing", ("client_key",)),
        ({"client_key": "file:other.key"}, "certificate_unusable", ("client_certificate", "client_key")),
        ({"client_key": "file:locked.key"}, "certificate_unusable", ("client_certificate", "client_key")),
        ({"client_key_passphrase": "file:none"}, "secret_missing", ("client_key_passphrase",)),
    ],
    ids=["no ca", "ca no certificate", "no certificate", "a key", "no key", "another key", "locked", "no passphrase"],
)
async def test_files_that_make_no_sense_are_named_by_their_setting(
    connect: Connect,
    register: Register,
    authority: Authority,
    tmp_path: Path,
    changed: dict[str, str],
    expected: str,
    fields: tuple[str, ...],
) -> None:
    """What is missing or does not fit is a setting to mend; nothing goes out, and nobody is asked for a passphrase."""
    authority.issue("hub").put(tmp_path, "hub")
    authority.issue("other").put(tmp_path, "other")
    authority.issue("locked").put(tmp_path, "locked", passphrase="open-sesame")
    config = {name: str(tmp_path / value) if ":" not in value else value for name, value in changed.items()}
    with tls_served(register, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        error = await refused(connect, served.url, tmp_path, **tls(tmp_path, **config))

    assert (type(error), error.code, error.fields) == (Refused, expected, fields)
    assert served.connections == 0


# --- renewal --------------------------------------------------------------------------------------------------------


def client(served: Served, folder: Path, **options: Any) -> httpx.AsyncClient:
    """Makes the client of one register, with the certificate `hub`."""
    config = settings(url=served.url, **tls(folder))
    return http_client(TlsTransport("population", config, Files(folder, rest=0.01), 8, **options), 5.0)


async def hello(request: httpx.Request) -> httpx.Response:
    """Answers anything."""
    return httpx.Response(200, text="hello")


async def broken(request: httpx.Request) -> httpx.Response:
    """Breaks off instead of answering."""
    raise ConnectionAbortedError


async def test_a_renewed_certificate_is_used_without_a_restart(authority: Authority, tmp_path: Path) -> None:
    """New files are shown to the register in the next call, over a new connection; unchanged ones keep theirs."""
    authority.issue("hub").put(tmp_path, "hub")
    with tls_served(hello, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        async with client(served, tmp_path) as http:
            for _ in range(2):
                await http.get(served.url)
            authority.issue("hub renewed").put(tmp_path, "hub")
            for _ in range(2):
                await http.get(served.url)

    assert served.seen == ["hub", "hub", "hub renewed", "hub renewed"]
    assert served.connections == 2


async def test_a_call_under_way_ends_on_its_old_connection(authority: Authority, tmp_path: Path) -> None:
    """A renewal cuts nobody off, and the old connection goes with its last call."""
    authority.issue("hub").put(tmp_path, "hub")
    with tls_served(hello, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        async with client(served, tmp_path) as http:
            served.hold.clear()
            slow = asyncio.create_task(http.get(served.url))
            assert await asyncio.to_thread(served.arrived.wait, 5)
            authority.issue("hub renewed").put(tmp_path, "hub")
            quick = asyncio.create_task(http.get(served.url))
            while len(served.seen) < 2:  # noqa: ASYNC110 - the server runs in a thread of its own
                await asyncio.sleep(0.01)
            transport = http._transport._inner  # type: ignore[attr-defined]
            retired = set(transport._retired)
            served.hold.set()
            answers = await asyncio.gather(slow, quick)

            assert [answer.text for answer in answers] == ["hello", "hello"]
            assert len(retired) == 1
            assert transport._retired == set()

    assert served.seen == ["hub", "hub renewed"]


async def test_a_certificate_without_its_key_yet_does_not_stop_calls(authority: Authority, tmp_path: Path) -> None:
    """Two files are replaced one after the other: in between the earlier pair is used, for a minute at most."""
    authority.issue("hub").put(tmp_path, "hub")
    renewed = authority.issue("hub renewed")
    with tls_served(hello, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        async with client(served, tmp_path) as http:
            await http.get(served.url)
            (tmp_path / "hub.pem").write_text(renewed.certificate)
            await http.get(served.url)
            renewed.put(tmp_path, "hub")
            await http.get(served.url)

    assert served.seen == ["hub", "hub", "hub renewed"]


@pytest.mark.parametrize("spoil", ["hub.pem", "hub.key", "ca.pem"])
async def test_files_that_stay_broken_end_the_calls(authority: Authority, tmp_path: Path, spoil: str) -> None:
    """When the minute is over, a broken or removed file is refused: the earlier one is not used for ever."""
    authority.issue("hub").put(tmp_path, "hub")
    with tls_served(hello, server_context(tmp_path, authority.issue("x", HOST), authority)) as served:
        async with client(served, tmp_path, grace=0.0) as http:
            await http.get(served.url)
            (tmp_path / spoil).unlink()

            with pytest.raises(Refused) as caught:
                await http.get(served.url)

    assert caught.value.code == "secret_missing"


async def test_a_new_authority_is_trusted_without_a_restart(
    connect: Connect, register: Register, authority: Authority, tmp_path: Path
) -> None:
    """A register that moves to another authority is trusted when, and only when, `ca_file` holds it."""
    another = Authority("Another")
    ports = replace(memory_ports(), secrets=Files(tmp_path))
    with tls_served(register, server_context(tmp_path, another.issue("x", HOST))) as served:
        config = settings(url=served.url, ca_file=tmp_path / "ca.pem")
        async with connect(config=config, ports=ports, transport=None) as connector:
            with pytest.raises(Denied, match="not trusted"):
                await connector.citizen(CLAIM, CONTEXT)
            (tmp_path / "ca.pem").write_text(authority.pem + another.pem)

            assert await connector.citizen(CLAIM, CONTEXT) is None
