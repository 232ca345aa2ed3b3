"""The feeds that the hub copies: what a connector declares, and the mapping and record kind that they become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from pydantic import BaseModel

from connectors import registry
from hub.pipeline.errors import UnknownFeed
from hub.quality.rulesets import Ruleset, ruleset
from schemas.canonical import kinds

_BECOMES = {
    "business.enterprises": ("key", "business/enterprise", "organisation"),
    "population.citizens": ("SoDinhDanh", "population/citizen", "person"),
}
"""Of each feed that the hub keeps: the wire field that names a record, its mapping, and the kind of its records."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: `stream` names the connector's method, `kind` the kind of record that it brings."""

    name: str
    register: str
    stream: str
    wire: type[BaseModel]
    key_field: str
    overlap: timedelta
    mapping: str
    kind: str

    @property
    def scheme(self) -> str:
        """The scheme of the numbers that its records stand under."""
        return kinds()[self.kind].scheme

    @property
    def rules(self) -> Ruleset:
        """What checks the records that it brings."""
        return ruleset(self.kind)


@lru_cache
def find_feed(name: str) -> Feed:
    """Returns a feed by its name, `register.stream`.

    Raises:
        UnknownFeed: there is none of this name.
    """
    register, _, stream = name.partition(".")
    if name not in _BECOMES:
        raise UnknownFeed(f"no feed named {name!r}; known are: {', '.join(feed_names())}")
    declared = registry()[register].feeds[stream]
    key_field, mapping, kind = _BECOMES[name]
    return Feed(name, register, stream, declared.model, key_field, declared.overlap, mapping, kind)


def feed_names() -> list[str]:
    """Returns the names of all feeds that the hub keeps."""
    return sorted(_BECOMES)
