"""What can go wrong while servers start.

LaunchError                 one clear sentence and what to do
├── AlreadyRunning          another launcher holds this folder
└── NotReady                a server ended or did not answer in time; names the log to read
"""

from __future__ import annotations

from pathlib import Path


class LaunchError(Exception):
    """The servers can't run; the message says why and what to do."""


class AlreadyRunning(LaunchError):
    """Another launcher works in the same folder."""


class NotReady(LaunchError):
    """A server ended, or did not answer in time."""

    def __init__(self, name: str, what: str, log: Path) -> None:
        """Names the server, what happened, and the log to read."""
        super().__init__(f"{name} {what}. Read {log}")
