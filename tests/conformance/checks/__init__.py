"""The rules, by what they are about; importing this package puts all of them on the list."""

from tests.conformance.checks import (
    answers,
    attempts,
    authentication,
    claims,
    courtesy,
    declared,
    feeds,
    network,
    paging,
    redaction,
    unreadable,
)

__all__ = [
    "answers",
    "attempts",
    "authentication",
    "claims",
    "courtesy",
    "declared",
    "feeds",
    "network",
    "paging",
    "redaction",
    "unreadable",
]
