"""Which files of a feed were read, and what they were then, so that one that changes later is noticed.

What is remembered lies under the port `Tokens`: it is the one that all processes share and that is sealed, and the
digest of a small file can be guessed back to its only row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256

import orjson

from connectors.folders import FileFacts
from connectors.ports import Token, Tokens

KEPT = timedelta(days=800)
"""How long a feed that is not read any more keeps its memory."""

Known = dict[str, tuple[int, float, str]]


def digest(content: bytes) -> str:
    """Returns what tells one content from another."""
    return sha256(content).hexdigest()


class ReadFiles:
    """The memory of one feed: size, time and digest of each file that was read."""

    def __init__(self, register: str, feed: str, tokens: Tokens, clock: Callable[[], datetime]) -> None:
        self._register = register
        self._name = f"files.{feed}"
        self._tokens = tokens
        self._clock = clock
        self._known: Known = {}

    async def load(self, present: Iterable[str]) -> Known:
        """Returns what is known of the files that are still there; the others are forgotten with the next `note`."""
        token = await self._tokens.get(self._register, self._name)
        kept = orjson.loads(token.value) if token else {}
        self._known = {name: tuple(kept[name]) for name in present if name in kept}
        return self._known

    async def note(self, name: str, facts: FileFacts, content_digest: str) -> None:
        """Remembers a file as it was read."""
        noted = facts.size, facts.modified, content_digest
        if self._known.get(name) != noted:
            self._known[name] = noted
            token = Token(orjson.dumps(self._known).decode(), self._clock() + KEPT)
            await self._tokens.put(self._register, self._name, token)
