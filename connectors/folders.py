"""Where a register puts its files: a folder by fsspec address, or one on an SFTP server whose key is pinned.

Neither follows a link, and neither reads more of a file than its limit. fsspec's own SFTP driver takes any host key, so
an `sftp:` address never reaches it; see `docs/decisions/files-over-sftp.md`.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from posixpath import join
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import SplitResult, urlsplit

from upath import UPath

from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.ports import RegisterConfig, Secrets

if TYPE_CHECKING:
    import asyncssh

CONNECT_SECONDS = 10.0
MAX_FILES = 100_000
_LOCAL = ("", "file", "local")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a folder says about a file; `modified` is in epoch seconds, as exact as the folder knows it."""

    size: int
    modified: float
    regular: bool


class Folder(Protocol):
    """A folder of files that another system writes; all its errors are a ConnectorError."""

    async def files(self) -> dict[str, FileFacts]:
        """Returns what the folder holds, by name."""

    async def facts(self, name: str) -> FileFacts | None:
        """Returns what is known about one file now; None when it is not there."""

    async def read(self, name: str, limit: int) -> bytes:
        """Returns a file's content.

        Raises:
            BrokenContract: it is larger than the limit.
        """

    async def aclose(self) -> None:
        """Closes what is open."""


def open_folder(register: str, config: RegisterConfig, secrets: Secrets) -> Folder:
    """Returns the folder of a register's setting `url`; nothing is opened before the first call."""
    if urlsplit(config.url).scheme == "sftp":
        return SftpFolder(register, config, secrets)
    return LocalFolder(register, config.url)


class LocalFolder:
    """A folder of this machine, by path or `file:` address."""

    def __init__(self, register: str, url: str) -> None:
        self._register = register
        self._url = url

    async def files(self) -> dict[str, FileFacts]:
        """Returns what the folder holds, by name."""
        return await asyncio.to_thread(self._files)

    async def facts(self, name: str) -> FileFacts | None:
        """Returns what is known about one file now; None when it is not there."""

        def look() -> FileFacts | None:
            with self._problems("list"):
                try:
                    return _local_facts(self._path() / name)
                except FileNotFoundError:
                    return None

        return await asyncio.to_thread(look)

    async def read(self, name: str, limit: int) -> bytes:
        """Returns a file's content, or raises BrokenContract when it is larger than the limit."""

        def read() -> bytes:
            with self._problems("read"), (self._path() / name).open("rb") as stream:
                return stream.read(limit + 1)

        return _bounded(await asyncio.to_thread(read), limit, self._register, name)

    async def aclose(self) -> None:
        """Nothing stays open."""

    def _files(self) -> dict[str, FileFacts]:
        found: dict[str, FileFacts] = {}
        with self._problems("list"):
            for path in self._path().iterdir():
                found[path.name] = _local_facts(path)
                if len(found) > MAX_FILES:
                    raise BrokenContract(self._register, "list", "oversize", fields=("folder",))
        return found

    def _path(self) -> Path:
        address = UPath(self._url)
        # Another driver would bring its own way to sign in, and trust of its own.
        if address.protocol not in _LOCAL or not address.is_dir():
            raise Refused(self._register, "list", "address_invalid", fields=("url",))
        # As a plain path: UPath's own `stat` follows links (universal_pathlib 0.3 warns that it does).
        return Path(address.path)

    @contextmanager
    def _problems(self, operation: str) -> Iterator[None]:
        try:
            yield
        except ConnectorError:
            raise
        except PermissionError:
            raise Denied(self._register, operation, "forbidden") from None
        except OSError:
            raise Unavailable(self._register, operation, "connection") from None
        except ValueError:
            # fsspec knows no driver of that name.
            raise Refused(self._register, operation, "address_invalid", fields=("url",)) from None


def _local_facts(path: Path) -> FileFacts:
    facts = path.lstat()
    return FileFacts(facts.st_size, facts.st_mtime, stat.S_ISREG(facts.st_mode))


class SftpFolder:
    """A folder on an SFTP server; `ca_file` holds the server's keys in the format of `known_hosts`.

    `secret` names the password, or a private key in PEM or OpenSSH format. Nothing of the shell's own SSH set-up is
    used: no agent, no `~/.ssh/config`, no key and no known host of the user.
    """

    def __init__(self, register: str, config: RegisterConfig, secrets: Secrets) -> None:
        self._register = register
        self._config = config
        self._secrets = secrets
        self._connecting = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    async def files(self) -> dict[str, FileFacts]:
        """Returns what the folder holds, by name."""
        found: dict[str, FileFacts] = {}
        async with self._sftp("list") as (client, folder):
            async for entry in client.scandir(folder):
                found[str(entry.filename)] = _remote_facts(entry.attrs)
                if len(found) > MAX_FILES:
                    raise BrokenContract(self._register, "list", "oversize", fields=("folder",))
        return found

    async def facts(self, name: str) -> FileFacts | None:
        """Returns what is known about one file now; None when it is not there."""
        import asyncssh

        async with self._sftp("list") as (client, folder):
            try:
                return _remote_facts(await client.lstat(join(folder, name)))
            except asyncssh.SFTPNoSuchFile:
                return None

    async def read(self, name: str, limit: int) -> bytes:
        """Returns a file's content, or raises BrokenContract when it is larger than the limit."""
        async with self._sftp("read") as (client, folder), client.open(join(folder, name), "rb") as stream:
            return _bounded(cast(bytes, await stream.read(limit + 1)), limit, self._register, name)

    async def aclose(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()
            self._connection = self._client = None

    @asynccontextmanager
    async def _sftp(self, operation: str) -> AsyncIterator[tuple[asyncssh.SFTPClient, str]]:
        import asyncssh

        def error(kind: type[ConnectorError], code: str, *fields: str) -> ConnectorError:
            return kind(self._register, operation, code, fields=fields)

        try:
            yield await self._connected(operation), urlsplit(self._config.url).path or "."
        except ConnectorError:
            raise
        except asyncssh.HostKeyNotVerifiable:
            raise error(Denied, "host_key") from None
        except asyncssh.PermissionDenied:
            raise error(Denied, "credentials") from None
        except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPOpUnsupported):
            raise error(Denied, "forbidden") from None
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory):
            if operation == "list":
                raise error(Refused, "address_invalid", "url") from None
            raise error(Unavailable, "connection") from None
        except (asyncssh.Error, OSError):
            # What a broken connection leaves behind serves no one: the next attempt opens a new one.
            if self._connection is not None:
                self._connection.abort()
                self._connection = self._client = None
            raise error(Unavailable, "connection") from None

    async def _connected(self, operation: str) -> asyncssh.SFTPClient:
        async with self._connecting:
            if self._client is None or self._connection is None or self._connection.is_closed():
                self._connection = await self._connect(operation)
                self._client = await self._connection.start_sftp_client()
            return self._client

    async def _connect(self, operation: str) -> asyncssh.SSHClientConnection:
        # Imported late: a process that only lists feeds need not pay for it.
        import asyncssh

        address = self._address(operation)
        secret = await self._secret(operation)
        private = secret.startswith("-----BEGIN")
        try:
            keys = [asyncssh.import_private_key(secret)] if private else None
            pinned = asyncssh.import_known_hosts(await asyncio.to_thread(self._pins, operation))
        except (asyncssh.KeyImportError, ValueError):
            raise Refused(self._register, operation, "secret_missing", fields=("secret", "ca_file")) from None
        return await asyncssh.connect(
            str(address.hostname),
            address.port or 22,
            username=self._config.user or "",
            password=None if private else secret,
            client_keys=keys,
            known_hosts=pinned,
            config=None,
            agent_path=None,
            gss_auth=False,
            gss_kex=False,
            host_based_auth=False,
            connect_timeout=CONNECT_SECONDS,
            login_timeout=CONNECT_SECONDS,
            keepalive_interval=CONNECT_SECONDS,
        )

    def _address(self, operation: str) -> SplitResult:
        """Returns the address; an account in it would end up in logs, so it has to stand in the settings."""
        try:
            address = urlsplit(self._config.url)
            valid = bool(address.hostname and self._config.user and address.username is None and address.port != 0)
        except ValueError:
            valid = False
        if not valid:
            raise Refused(self._register, operation, "address_invalid", fields=("url", "user"))
        return address

    async def _secret(self, operation: str) -> str:
        try:
            if self._config.secret:
                return (await self._secrets.get(self._config.secret)).strip()
        except LookupError:
            pass
        raise Refused(self._register, operation, "secret_missing", fields=("secret",))

    def _pins(self, operation: str) -> str:
        try:
            if self._config.ca_file and (pins := Path(self._config.ca_file).read_text("utf-8")).strip():
                return pins
        except (OSError, ValueError):
            pass
        raise Refused(self._register, operation, "secret_missing", fields=("ca_file",))


def _remote_facts(attributes: asyncssh.SFTPAttrs) -> FileFacts:
    import asyncssh

    return FileFacts(
        attributes.size or 0, float(attributes.mtime or 0), attributes.type == asyncssh.FILEXFER_TYPE_REGULAR
    )


def _bounded(content: bytes, limit: int, register: str, name: str) -> bytes:
    if len(content) > limit:
        raise BrokenContract(register, "read", "oversize", fields=(name,))
    return content
