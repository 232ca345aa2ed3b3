"""A connector that still says what is to be filled in of it."""

from __future__ import annotations

from tests.conformance.broken.tiny import Tiny


class Unfinished(Tiny):
    """TODO: name of the register, and whose it is."""
