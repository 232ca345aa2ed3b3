"""The key ring of a long-lived process: read again when a key was retired, or when a record needs a newer one."""

from __future__ import annotations

import time

import structlog

from hub.settings import Settings
from hub.trust.keys import KeyRefused, KeyRing

log = structlog.get_logger()

_SHORTEST_INTERVAL = 5.0


class LiveKeyRing:
    """Holds the current key ring."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded = time.monotonic()
        self.current = KeyRing.load(settings)

    def reload(self) -> None:
        """Reads the keys again; when that fails the old ring stays, and the log says so."""
        self._loaded = time.monotonic()
        try:
            self.current = KeyRing.load(self._settings)
        except KeyRefused:
            log.error("keys.unreadable")

    def reload_soon(self) -> bool:
        """Reads the keys again unless that was just done; tells whether it did."""
        if time.monotonic() - self._loaded < _SHORTEST_INTERVAL:
            return False
        self.reload()
        return True
