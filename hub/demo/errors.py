"""What ends a demonstration: something did not happen, or differs from the truth."""

from __future__ import annotations


class DemoFailed(Exception):
    """The demonstration did not go as it must; the message says where and what to look at."""
