"""A folder on an SFTP server whose key is pinned; see `docs/decisions/files-over-sftp.md`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from posixpath import join
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import SplitResult, urlsplit

from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.folders import MAX_FILES, FileFacts, bounded
from connectors.ports import RegisterConfig, Secrets

if TYPE_CHECKING:
    import asyncssh

T = TypeVar("T")

CONNECT_SECONDS = 10.0


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

        async def look(client: asyncssh.SFTPClient, folder: str) -> dict[str, FileFacts]:
            found: dict[str, FileFacts] = {}
            async for entry in client.scandir(folder):
                found[str(entry.filename)] = _remote_facts(entry.attrs)
                if len(found) > MAX_FILES:
                    raise BrokenContract(self._register, "list", "oversize", fields=("folder",))
            return found

        return await self._run("list", look)

    async def facts(self, name: str) -> FileFacts | None:
        """Returns what is known about one file now; None when it is not there."""
        import asyncssh

        async def look(client: asyncssh.SFTPClient, folder: str) -> FileFacts | None:
            try:
                return _remote_facts(await client.lstat(join(folder, name)))
            except asyncssh.SFTPNoSuchFile:
                return None

        return await self._run("list", look)

    async def read(self, name: str, limit: int) -> bytes:
        """Returns a file's content, or raises BrokenContract when it is larger than the limit."""

        async def read(client: asyncssh.SFTPClient, folder: str) -> bytes:
            async with client.open(join(folder, name), "rb") as stream:
                return cast(bytes, await stream.read(limit + 1))

        return bounded(await self._run("read", read), limit, self._register, name)

    async def aclose(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()
            self._connection = self._client = None

    async def _run(self, operation: str, work: Callable[[asyncssh.SFTPClient, str], Awaitable[T]]) -> T:
        """Does one piece of work on the connection, within the caller's time.

        When that is up, the connection goes first. asyncssh ends an open file or listing by asking the server to close
        it, so a server that has gone silent would hold a cancelled caller for ever.
        """

        async def whole() -> T:
            return await work(await self._connected(operation), urlsplit(self._config.url).path or ".")

        task = asyncio.ensure_future(whole())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._drop()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        except ConnectorError:
            raise
        except Exception as error:
            raise self._problem(operation, error) from None

    def _problem(self, operation: str, error: Exception) -> Exception:
        """Says what an error of asyncssh means; anything else stays what it is."""
        import asyncssh

        where = self._register, operation
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return Denied(*where, "host_key")
        if isinstance(error, asyncssh.PermissionDenied):
            return Denied(*where, "credentials")
        if isinstance(error, asyncssh.SFTPPermissionDenied):
            return Denied(*where, "forbidden")
        absent = isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath | asyncssh.SFTPNotADirectory)
        if absent and operation == "list":
            return Refused(*where, "address_invalid", fields=("url",))
        if isinstance(error, asyncssh.Error | OSError):
            self._drop()
            return Unavailable(*where, "connection")
        return error

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
        self._connection = self._client = None

    async def _connected(self, operation: str) -> asyncssh.SFTPClient:
        async with self._connecting:
            if self._client is None or self._connection is None or self._connection.is_closed():
                self._connection = await self._connect(operation)
                self._client = await self._connection.start_sftp_client()
            return self._client

    async def _connect(self, operation: str) -> asyncssh.SSHClientConnection:
        # Imported late: a process that only lists feeds need not pay for it.
        import asyncssh

        secret = await self._secret(operation)
        try:
            return await self._sign_in(operation, secret)
        except asyncssh.PermissionDenied:
            self._secrets.forget(self._config.secret or "")
            # The secret may have been rotated a moment ago. The same one is not tried twice: accounts get locked.
            if (rotated := await self._secret(operation)) == secret:
                raise
        return await self._sign_in(operation, rotated)

    async def _sign_in(self, operation: str, secret: str) -> asyncssh.SSHClientConnection:
        import asyncssh

        address = self._address(operation)
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
            if self._config.secret and (secret := (await self._secrets.get(self._config.secret)).strip()):
                return secret
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
