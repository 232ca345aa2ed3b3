"""Lint rules about variants: the mapping that takes over exists, and fits the one that hands over."""

from __future__ import annotations

from collections.abc import Iterator

from hub.mapping.errors import Problem, did_you_mean
from hub.mapping.lint_rule import LintRule
from hub.mapping.spec import MappingSpec, load_mapping, mapping_names


class UnknownVariant(LintRule):
    """there is no mapping {name} for a variant to use: write its name as its file says it{hint}"""

    id = "unknown-variant"

    def check(self) -> Iterator[Problem]:
        known = mapping_names(self.root)
        for index, variant in enumerate(self.spec.variants):
            if variant.use not in known:
                hint = did_you_mean(variant.use, known)
                yield self.problem("variants", index, name=variant.use, hint=hint)


class VariantVersion(LintRule):
    """variant {name} has version {theirs}: let it rise together with this file's {ours}, the only one that a batch
    records
    """

    id = "variant-version"

    def check(self) -> Iterator[Problem]:
        for index, variant in _known_variants(self):
            if variant.version != self.spec.version:
                versions = {"theirs": variant.version, "ours": self.spec.version}
                yield self.problem("variants", index, name=variant.mapping, **versions)


class UnfitVariant(LintRule):
    """variant {name} starts from another wire model, or has variants itself: let it start from {model} and have none"""

    id = "unfit-variant"

    def check(self) -> Iterator[Problem]:
        for index, variant in _known_variants(self):
            if variant.from_ != self.spec.from_ or variant.variants:
                yield self.problem("variants", index, name=variant.mapping, model=self.spec.from_)


def _known_variants(rule: LintRule) -> Iterator[tuple[int, MappingSpec]]:
    known = mapping_names(rule.root)
    for index, variant in enumerate(rule.spec.variants):
        if variant.use in known:
            yield index, load_mapping(variant.use, rule.root).spec
