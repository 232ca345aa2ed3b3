"""Access tokens of the hub at the registers, shared by all processes and sealed under the master key."""

from __future__ import annotations

from connectors.ports import Token
from hub.settings import Settings
from hub.store.link import Link
from hub.trust.keys import KeyRefused, KeyRing
from hub.trust.sealing import SealBroken

_GET = """
select master_version, sealed, expires_at from hub.register_token
 where register = $1 and name = $2 and expires_at > clock_timestamp()
"""
_PUT = """
insert into hub.register_token (register, name, master_version, sealed, expires_at) values ($1, $2, $3, $4, $5)
on conflict (register, name) do update
   set master_version = excluded.master_version, sealed = excluded.sealed, expires_at = excluded.expires_at
"""


class StoreTokens:
    """The port `Tokens`; the key ring is loaded when the first token comes."""

    def __init__(self, link: Link, settings: Settings, ring: KeyRing | None = None) -> None:
        self._link = link
        self._settings = settings
        self._loaded = ring

    async def get(self, register: str, name: str) -> Token | None:
        """Returns the stored token unless it has expired; one that does not open counts as none."""
        async with self._link.connection() as conn:
            row = await conn.fetchrow(_GET, register, name)
        if row is None:
            return None
        try:
            value = self._ring().unwrap(row["master_version"], row["sealed"], _aad(register, name))
        except (KeyRefused, SealBroken):
            return None  # after a rotation: the connector asks for a new one
        return Token(value.decode(), row["expires_at"])

    async def put(self, register: str, name: str, token: Token) -> None:
        """Stores a token in the place of the earlier one."""
        ring = self._ring()
        sealed = ring.wrap(token.value.encode(), _aad(register, name))
        async with self._link.connection() as conn:
            await conn.execute(_PUT, register, name, ring.master_version, sealed, token.expires_at)

    def _ring(self) -> KeyRing:
        if self._loaded is None:
            self._loaded = KeyRing.load(self._settings)
        return self._loaded


def _aad(register: str, name: str) -> bytes:
    return f"token|{register}|{name}".encode()
