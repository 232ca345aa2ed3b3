"""The version of the rules, so that a report and a batch say by which rules they were checked."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from hub.quality.expectations import suite_names, suite_source

_ROOM = Path(__file__).parent


@cache
def rules_version() -> str:
    """Returns a digest of the code of this room and of the batch suites: equal digests judge equal batches equally."""
    digest = sha256()
    for file in sorted(_ROOM.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    for name in suite_names():
        digest.update(suite_source(name))
    return digest.hexdigest()[:16]
