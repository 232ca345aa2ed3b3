"""What a mapping must fulfil before it may be merged. Each rule is a class; its docstring is the message.

A rule that `blocks` keeps the mapping from being compiled at all. The others demand what a reviewer would.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from hub.mapping.errors import MappingError, Problem
from hub.mapping.lint_feeds import (
    FeedMappedTwice,
    FeedOfAnotherModel,
    FeedWithoutKind,
    UnknownFeed,
    UnknownFeedKey,
)
from hub.mapping.lint_fields import (
    IgnoredButMapped,
    RequiredTargetUnfilled,
    TwiceFilledTarget,
    UnknownTarget,
    UnknownWireField,
    WireFieldForgotten,
)
from hub.mapping.lint_items import (
    EachWithoutList,
    ItemMappingVersion,
    ListWithoutEach,
    UnfitItemMapping,
    UnknownItemMapping,
)
from hub.mapping.lint_rule import LintRule
from hub.mapping.lint_values import (
    CodeListWithoutDate,
    MeaningOutsideType,
    NoAddress,
    UnknownCodeList,
    UnknownTransform,
    WrongStepInput,
)
from hub.mapping.lint_variants import UnfitVariant, UnknownVariant, VariantVersion
from hub.mapping.paths import MAPPINGS
from hub.mapping.spec import LoadedMapping, load_mapping, mapping_names


class NoExample(LintRule):
    """the mapping has no example: add a sample and at least one example that maps it"""

    id = "no-example"
    blocks = False

    def check(self) -> Iterator[Problem]:
        mapped = [example for example in self.spec.examples if example.refuse is None]
        if not mapped or self.spec.sample is None:
            yield self.problem("examples")


class NoRefusingExample(LintRule):
    """the mapping has no example that is refused: show what it does not let through"""

    id = "no-refusing-example"
    blocks = False

    def check(self) -> Iterator[Problem]:
        if not any(example.refuse for example in self.spec.examples):
            yield self.problem("examples")


RULES: tuple[type[LintRule], ...] = (
    UnknownWireField,
    UnknownTarget,
    TwiceFilledTarget,
    RequiredTargetUnfilled,
    WireFieldForgotten,
    IgnoredButMapped,
    UnknownTransform,
    WrongStepInput,
    NoAddress,
    UnknownCodeList,
    CodeListWithoutDate,
    MeaningOutsideType,
    UnknownVariant,
    VariantVersion,
    UnfitVariant,
    ListWithoutEach,
    EachWithoutList,
    UnknownItemMapping,
    UnfitItemMapping,
    ItemMappingVersion,
    UnknownFeed,
    FeedOfAnotherModel,
    UnknownFeedKey,
    FeedWithoutKind,
    FeedMappedTwice,
    NoExample,
    NoRefusingExample,
)
"""Every lint rule, in the order in which problems are told."""


def lint(mapping: LoadedMapping, root: Path = MAPPINGS, today: date | None = None) -> list[Problem]:
    """Finds everything that is wrong with a mapping; a rule about dates needs to know the day."""
    return [problem for rule in RULES for problem in rule(mapping, root, today).check()]


def lint_mappings(root: Path = MAPPINGS, today: date | None = None) -> list[Problem]:
    """Finds everything that is wrong with any mapping under the folder, unreadable files included."""
    problems: list[Problem] = []
    for name in mapping_names(root):
        try:
            problems += lint(load_mapping(name, root), root, today)
        except MappingError as error:
            problems += error.problems
    return problems
