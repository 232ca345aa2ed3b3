"""The connections to a register's database: read-only, bounded in time, and with no value in any error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from logging import WARNING, getLogger
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Select, inspect, text, types
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchTableError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.ports import RegisterConfig, Secrets
from connectors.tls import as_file, context_of, end_of, material_of

if TYPE_CHECKING:
    import psycopg

DRIVER = "postgresql+psycopg"
CONNECT_SECONDS = 10
_LOGGER = "connectors"


class Database:
    """The connections of one connector; the secret is asked for each new one, so that a rotated one is used at once."""

    def __init__(self, register: str, config: RegisterConfig, secrets: Secrets, statement_timeout: timedelta) -> None:
        self._register = register
        self._config = config
        self._secrets = secrets
        self._milliseconds = statement_timeout // timedelta(milliseconds=1)
        self._engine: AsyncEngine | None = None

    async def columns(self, operation: str, view: str, schema: str | None) -> dict[str, types.TypeEngine[Any]]:
        """Returns the columns that a view has now, with their types.

        Raises:
            BrokenContract: there is no such view for our account.
        """

        def look(connection: Any) -> dict[str, types.TypeEngine[Any]]:
            found = inspect(connection).get_columns(view, schema=schema)
            return {column["name"]: column["type"] for column in found}

        with self._problems(operation):
            async with self._engine_for(operation).connect() as connection, connection.begin():
                await self._restrict(connection)
                return await connection.run_sync(look)

    async def rows(self, operation: str, statement: Select[Any]) -> Sequence[dict[str, Any]]:
        """Runs a question in a read-only transaction of its own."""
        with self._problems(operation):
            async with self._engine_for(operation).connect() as connection, connection.begin():
                await self._restrict(connection)
                found = (await connection.execute(statement)).mappings()
                # Plain texts: orjson takes no subclass of str, such as SQLAlchemy's names, for a key.
                return [{str(name): value for name, value in row.items()} for row in found]

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._engine is not None:
            await self._engine.dispose()

    async def _restrict(self, connection: AsyncConnection) -> None:
        await connection.execute(text("SET TRANSACTION READ ONLY"))
        await connection.execute(text(f"SET LOCAL statement_timeout = {self._milliseconds}"))

    def _engine_for(self, operation: str) -> AsyncEngine:
        if self._engine is None:
            # SQLAlchemy logs rows at DEBUG, whatever `hide_parameters` says: a log level must not leak a person.
            for kind in ("sqlalchemy.engine.Engine", "sqlalchemy.pool.impl.AsyncAdaptedQueuePool"):
                getLogger(f"{kind}.{_LOGGER}").setLevel(WARNING)
            address = self._address(operation)
            self._engine = create_async_engine(
                f"{DRIVER}://",
                async_creator=lambda: self._connect(operation, address),
                hide_parameters=True,
                logging_name=_LOGGER,
                pool_logging_name=_LOGGER,
            )
        return self._engine

    def _address(self, operation: str) -> URL:
        """Reads the address; a password in it would be a secret in the settings."""
        try:
            address = make_url(self._config.url)
        except (ArgumentError, ValueError):
            address = URL.create("")
        if address.drivername != DRIVER or not address.host or address.username or address.password:
            raise Refused(self._register, operation, "address_invalid", fields=("url",))
        return address

    async def _connect(self, operation: str, address: URL) -> psycopg.AsyncConnection[Any]:
        secret = await self._secret(operation)
        try:
            return await self._open(operation, address, secret)
        except Denied as error:
            if error.code != "credentials":
                raise
            self._secrets.forget(self._config.secret or "")
            # The secret may have been rotated a moment ago. The same one is not tried twice: accounts get locked.
            if (rotated := await self._secret(operation)) == secret:
                raise
        return await self._open(operation, address, rotated)

    async def _secret(self, operation: str) -> str:
        try:
            if secret := (await self._secrets.get(self._config.secret or "")).strip():
                return secret
        except LookupError:
            pass
        raise Refused(self._register, operation, "secret_missing", fields=("secret",))

    async def _open(self, operation: str, address: URL, secret: str) -> psycopg.AsyncConnection[Any]:
        import psycopg

        material = await material_of(self._register, self._config, self._secrets)
        if (ends := end_of(self._register, material)) is not None:
            context_of(self._register, material)  # says what is wrong with our files, which libpq would not
            if ends <= datetime.now(UTC):
                raise Denied(self._register, operation, "client_certificate_expired")
        options = {
            "sslmode": "verify-full",
            "sslrootcert": str(material.ca_file) if material.ca_file else "system",
            # Never the certificate of the user's own `~/.postgresql`.
            "sslcertmode": "allow" if material.certificate else "disable",
            **address.query,
            "host": address.host,
            "port": address.port or 5432,
            "dbname": address.database,
            "user": self._config.user,
            "password": secret,
            "connect_timeout": CONNECT_SECONDS,
        }
        if options["sslmode"] == "disable":
            del options["sslrootcert"]
        try:
            with as_file(material.key) as key:
                if material.certificate is not None:
                    options |= {"sslcert": str(material.certificate), "sslkey": key}
                    options["sslpassword"] = material.passphrase
                return await psycopg.AsyncConnection.connect(**cast(Any, options))
        except psycopg.OperationalError as error:
            raise _refusal(self._register, operation, str(error)) from None
        except psycopg.ProgrammingError:
            raise Refused(self._register, operation, "address_invalid", fields=("url",)) from None

    @contextmanager
    def _problems(self, operation: str) -> Iterator[None]:
        try:
            yield
        except NoSuchTableError:
            raise BrokenContract(self._register, operation, "view_missing") from None
        except DBAPIError as error:
            raise _problem(self._register, operation, error) from None
        except SQLAlchemyError:
            raise BrokenContract(self._register, operation, "view_failed") from None


_TLS_WORDS = (
    ("certificate authentication failed", "credentials"),
    ("requires a valid client certificate", "client_certificate_missing"),
    ("alert certificate required", "client_certificate_missing"),
    ("alert certificate expired", "client_certificate_expired"),
    ("alert unknown ca", "client_certificate"),
    ("alert bad certificate", "client_certificate"),
    ("alert certificate unknown", "client_certificate"),
    ("alert certificate revoked", "client_certificate"),
    ("alert unsupported certificate", "client_certificate"),
    ("alert protocol version", "tls_version"),
    ("unsupported protocol", "tls_version"),
    ("alert handshake failure", "handshake_refused"),
    ("does not match host name", "certificate_host"),
    ("certificate", "certificate"),
    ("SSL", "certificate"),
)
"""What libpq's texts about TLS mean, the particular ones first. It never says why a server's certificate is refused."""


def _refusal(register: str, operation: str, message: str) -> ConnectorError:
    """Reads why no connection came about: libpq gives no SQLSTATE here, only a text that we do not pass on."""
    for words, code in _TLS_WORDS:
        if words in message:
            return Denied(register, operation, code)
    if "authentication" in message or "password" in message or "pg_hba" in message:
        return Denied(register, operation, "credentials")
    return Unavailable(register, operation, "connection")


def _problem(register: str, operation: str, error: DBAPIError) -> ConnectorError:
    """Reads the SQLSTATE of a failure (PostgreSQL, appendix A) and nothing else: the text may quote a row."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state == "57014":
        return Unavailable(register, operation, "timeout")
    if state == "42501":
        return Denied(register, operation, "forbidden")
    if state in ("42P01", "3F000"):
        return BrokenContract(register, operation, "view_missing")
    if not state and isinstance(error, OperationalError | InterfaceError):
        return Unavailable(register, operation, "connection")
    if state[:2] in ("08", "40", "53", "55", "57"):
        return Unavailable(register, operation, "server_error")
    return BrokenContract(register, operation, "view_failed", fields=(f"SQLSTATE {state}",) if state else ())
