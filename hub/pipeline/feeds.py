"""The feeds that the hub copies: what a connector declares, and the mapping and record kind that they become.

Nothing lists them: a mapping that names its feed makes it one that the hub keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from pydantic import BaseModel

from connectors import declared_feeds
from hub.mapping import MappingError
from hub.mapping.spec import LoadedMapping, load_mapping, mapping_names
from hub.pipeline.errors import UnknownFeed
from hub.quality.rulesets import Ruleset, ruleset
from schemas.canonical import Scheme, kind_of, kinds


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: `stream` names the connector's method, `kind` the kind of record that it brings.

    `key_field` is the wire field by which the feed names a record, `number_field` the one with its subject's number.
    """

    name: str
    register: str
    stream: str
    wire: type[BaseModel]
    key_field: str
    number_field: str
    overlap: timedelta
    mapping: str
    kind: str

    @property
    def scheme(self) -> Scheme:
        """The scheme of the numbers that its records stand under."""
        return kinds()[self.kind].scheme

    @property
    def rules(self) -> Ruleset:
        """What checks the records that it brings."""
        return ruleset(self.kind)

    @property
    def keyed_by_number(self) -> bool:
        """Whether the feed names a record by its subject's number."""
        return self.key_field == self.number_field


def find_feed(name: str) -> Feed:
    """Returns a feed by its name, `register.stream`.

    Raises:
        UnknownFeed: there is none of this name.
    """
    found = _feeds().get(name)
    if found is None:
        raise UnknownFeed(f"no feed named {name!r}; known are: {', '.join(feed_names())}{_why_not(name)}")
    return found


def feed_names() -> list[str]:
    """Returns the names of all feeds that the hub keeps."""
    return sorted(_feeds())


@lru_cache
def _feeds() -> Mapping[str, Feed]:
    """Returns every feed by its name. An unfinished one is left to the lint, and is no reason to stop the others."""
    found: dict[str, Feed] = {}
    mappings = _mappings()
    for name, declared in declared_feeds().items():
        mapping = mappings.get(name)
        kind = None if mapping is None else kind_of(mapping.canonical)
        if mapping is None or kind is None or declared.model is not mapping.wire:
            continue
        register, _, stream = name.partition(".")
        spec, key = mapping.spec, mapping.spec.key or ""
        found[name] = Feed(
            name, register, stream, declared.model, key, spec.number or key, declared.overlap, spec.mapping, kind.name
        )
    return found


def _mappings() -> dict[str, LoadedMapping]:
    found: dict[str, LoadedMapping] = {}
    for name in mapping_names():
        try:
            mapping = load_mapping(name)
        except MappingError:
            continue
        if mapping.spec.feed is not None:
            found.setdefault(mapping.spec.feed, mapping)
    return found


def _why_not(name: str) -> str:
    """Completes the message about a feed of which only a part is there."""
    if name in declared_feeds():
        return f". A connector declares {name}, and no mapping that can be used is for it: run `hub mapping lint`"
    return ". A mapping is for it, and no connector declares it: run `hub mapping lint`" if name in _mappings() else ""
