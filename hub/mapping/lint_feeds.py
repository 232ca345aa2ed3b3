"""Lint rules about the feed of a mapping: it is declared, brings what is mapped, and becomes a kind of record."""

from __future__ import annotations

from collections.abc import Iterator

from connectors import declared_feeds
from hub.mapping.errors import MappingError, Problem, did_you_mean
from hub.mapping.lint_rule import LintRule
from hub.mapping.spec import load_mapping, mapping_names
from schemas.canonical import kind_of


class UnknownFeed(LintRule):
    """no connector declares the feed {feed}: declare it with @feed, or name the right one{hint}"""

    id = "unknown-feed"

    def check(self) -> Iterator[Problem]:
        if self.spec.feed is not None and self.spec.feed not in (known := declared_feeds()):
            yield self.problem("feed", feed=self.spec.feed, hint=did_you_mean(self.spec.feed, known))


class FeedOfAnotherModel(LintRule):
    """the feed {feed} brings {theirs}, and this mapping is from {ours}: name the model that the feed declares"""

    id = "feed-of-another-model"

    def check(self) -> Iterator[Problem]:
        declared = declared_feeds().get(self.spec.feed or "")
        if declared is not None and declared.model is not self.mapping.wire:
            yield self.problem("from", feed=self.spec.feed, theirs=declared.model.__name__, ours=self.spec.from_)


class UnknownFeedKey(LintRule):
    """{model} has no field {field}; name the one that holds what {what} is{hint}"""

    id = "unknown-feed-key"

    def check(self) -> Iterator[Problem]:
        model = self.mapping.wire
        for what in ("key", "number"):
            field = getattr(self.spec, what)
            # A property will do: some keys are put together from two fields.
            known = field is None or field in model.model_fields or isinstance(vars(model).get(field), property)
            if not known:
                hint = did_you_mean(field, model.model_fields)
                yield self.problem(what, model=self.spec.from_, field=field, what=what, hint=hint)


class FeedWithoutKind(LintRule):
    """the records of a feed are stored as a kind, and {model} is the model of none: define KIND beside it"""

    id = "feed-without-kind"

    def check(self) -> Iterator[Problem]:
        if self.spec.feed is not None and kind_of(self.mapping.canonical) is None:
            yield self.problem("to", model=self.spec.to)


class FeedMappedTwice(LintRule):
    """the feed {feed} is mapped by {other} too: a feed has one mapping, and variants of it"""

    id = "feed-mapped-twice"

    def check(self) -> Iterator[Problem]:
        for name in mapping_names(self.root) if self.spec.feed is not None else []:
            try:
                other = load_mapping(name, self.root).spec
            except MappingError:
                continue
            if other.feed == self.spec.feed and name != self.spec.mapping:
                yield self.problem("feed", feed=self.spec.feed, other=name)
