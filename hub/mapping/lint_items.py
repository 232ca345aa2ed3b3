"""Lint rules about lists: they are read item by item, by a mapping that fits both sides."""

from __future__ import annotations

from collections.abc import Iterator

from hub.mapping.errors import Problem, did_you_mean
from hub.mapping.lint_rule import LintRule
from hub.mapping.spec import MappingSpec, load_mapping, mapping_names
from hub.mapping.wire import NoSuchField, WirePath, wire_path
from schemas.canonical import canonical_models, fields_of, item_of
from schemas.wire import wire_models


class ListWithoutEach(LintRule):
    """{path} is a list: read it by each, and let use name a mapping of its items"""

    id = "list-without-each"

    def check(self) -> Iterator[Problem]:
        for target, rule in self.rules():
            for path in [*rule.paths, *rule.when]:
                lists = self._lists(path)
                if lists and path != rule.each:
                    yield self.problem("fields", target, path=lists[0])

    def _lists(self, path: str) -> tuple[str, ...]:
        found = _path(self, path)
        return found.lists if found else ()


class EachWithoutList(LintRule):
    """each reads a list, and {path} is none: use from or place"""

    id = "each-without-list"

    def check(self) -> Iterator[Problem]:
        for target, rule in self.rules():
            found = _path(self, rule.each) if rule.each else None
            if found and found.lists != (rule.each,):
                yield self.problem("fields", target, path=rule.each)


class UnknownItemMapping(LintRule):
    """there is no mapping {name} for each to use: write its name as its file says it{hint}"""

    id = "unknown-item-mapping"

    def check(self) -> Iterator[Problem]:
        known = mapping_names(self.root)
        for target, rule in self.rules():
            if rule.use is not None and rule.use not in known:
                yield self.problem("fields", target, "use", name=rule.use, hint=did_you_mean(rule.use, known))


class UnfitItemMapping(LintRule):
    """mapping {name} leads from {wire} to {model}, which are not the items of {path} and of {target}"""

    id = "unfit-item-mapping"

    def check(self) -> Iterator[Problem]:
        targets = fields_of(self.mapping.canonical)
        for target, path, used in _item_mappings(self):
            found = _path(self, path)
            item = item_of(targets[target].type) if target in targets else None
            if (
                found
                and found.lists
                and (found.element is not wire_models()[used.from_] or item is not canonical_models()[used.to])
            ):
                names = {"name": used.mapping, "wire": used.from_, "model": used.to, "path": path, "target": target}
                yield self.problem("fields", target, "use", **names)


class ItemMappingVersion(LintRule):
    """mapping {name} has version {theirs}: let it rise together with this file's {ours}, the only one that a batch
    records
    """

    id = "item-mapping-version"

    def check(self) -> Iterator[Problem]:
        for target, _, used in _item_mappings(self):
            if used.version != self.spec.version:
                versions = {"theirs": used.version, "ours": self.spec.version}
                yield self.problem("fields", target, "use", name=used.mapping, **versions)


def _item_mappings(rule: LintRule) -> Iterator[tuple[str, str, MappingSpec]]:
    known = mapping_names(rule.root)
    for target, each in rule.rules():
        if each.each is not None and each.use in known:
            yield target, each.each, load_mapping(each.use, rule.root).spec


def _path(rule: LintRule, path: str) -> WirePath | None:
    try:
        return wire_path(rule.mapping.wire, path)
    except NoSuchField:
        return None  # unknown-wire-field says it
