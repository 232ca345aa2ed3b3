"""A few connections for the ports, opened when first needed, in whichever event loop needs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from hub.settings import Role, Settings
from hub.store.engine import StoreUnavailable, broken, create_pool, full, place, unavailable

_CONNECTIONS = 4
# A call to a register must not wait for our disk. If the database server itself crashes, the last half second of turns,
# quota and failures is forgotten, and a token is asked for anew.
_SETTINGS = {"synchronous_commit": "off"}
_LOST = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
)
"""The connection was refused or broke; the server is stopping, crashed or starting."""


class Link:
    """A lazy pool: a task that runs one `asyncio.run` gets a pool of its own loop, and an unused link costs nothing.

    `asyncio.run` closes the pool at its end, also when nobody calls `aclose`: it hangs on an asynchronous generator.
    """

    def __init__(self, settings: Settings, role: Role) -> None:
        self._settings = settings
        self._role = role
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._holder: AsyncGenerator[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy[asyncpg.Record]]:
        """Lends a connection of the running loop, for questions to the database and nothing else.

        Raises:
            StoreUnavailable: the database does not answer, or has no room left (`StoreFull`).
        """
        pool = await self._pool_here()
        url = self._settings.url(self._role)
        try:
            async with AsyncExitStack() as borrowed:
                try:
                    conn = await borrowed.enter_async_context(pool.acquire())
                except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
                    raise unavailable(url, self._role, error) from None
                yield conn
        except (StoreUnavailable, TimeoutError):  # both are an OSError: ours from above, and the caller's own
            raise
        except asyncpg.exceptions.DiskFullError:
            raise full(place(url)) from None
        except _LOST as error:
            raise broken(place(url), error) from None

    async def aclose(self) -> None:
        """Closes the connections; the next use opens new ones."""
        self._pool = None
        if self._holder is not None and self._loop is asyncio.get_running_loop():
            await self._holder.aclose()

    async def _pool_here(self) -> asyncpg.Pool[asyncpg.Record]:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._opening, self._loop, self._pool = asyncio.Lock(), loop, None
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    # No floor: below one asyncpg logs the traceback of every connection that it can not restore.
                    self._pool = await create_pool(
                        self._settings, self._role, min_size=0, max_size=_CONNECTIONS, server_settings=_SETTINGS
                    )
                    self._holder = _hold(self._pool)
                    await anext(self._holder)
        return self._pool


async def _hold(pool: asyncpg.Pool[asyncpg.Record]) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await pool.close()
