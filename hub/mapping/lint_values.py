"""Lint rules about values: steps and code lists exist, take what they are given and give what the target may hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from hub.mapping.codes import list_facts, load_code_list
from hub.mapping.errors import Problem, did_you_mean
from hub.mapping.lint_rule import LintRule
from hub.mapping.spec import FieldRule
from hub.mapping.transforms import TRANSFORMS
from hub.mapping.wire import NoSuchField, wire_path
from schemas.canonical import fields_of
from schemas.population import DiaChi

_SHOWN = 3


class UnknownTransform(LintRule):
    """there is no step {name}; use one of hub/mapping/transforms.py{hint}"""

    id = "unknown-transform"

    def check(self) -> Iterator[Problem]:
        for target, rule in self.rules():
            for index, name in enumerate(rule.then):
                if name not in TRANSFORMS:
                    hint = did_you_mean(name, TRANSFORMS)
                    yield self.problem("fields", target, "then", index, name=name, hint=hint)


class WrongStepInput(LintRule):
    """{path} may hold {found}, which {step} does not take: read one of its parts, or begin with a step that takes it"""

    id = "wrong-step-input"

    def check(self) -> Iterator[Problem]:
        for target, rule in self.rules():
            first = TRANSFORMS.get(rule.then[0]) if rule.then else None
            takes = first.takes if first else frozenset({str})
            step = first.name if first else "a canonical text"
            for path in rule.paths if rule.whole is None else []:
                element = not self.plain_types(path) and self._exists(path)
                found = "an element with parts" if element else " or ".join(self._outside(path, takes))
                if found:
                    yield self.problem("fields", target, path=path, found=found, step=step)
            yield from self._joined_numbers(target, rule)

    def _joined_numbers(self, target: str, rule: FieldRule) -> Iterator[Problem]:
        for path in rule.join or []:
            if int in self.plain_types(path):
                yield self.problem("fields", target, path=path, found="a number", step="join")

    def _outside(self, path: str, takes: frozenset[type]) -> list[str]:
        names = {str: "a text", int: "a number"}
        return sorted(names.get(kind, kind.__name__) for kind in self.plain_types(path) - takes)

    def _exists(self, path: str) -> bool:
        try:
            return wire_path(self.mapping.wire, path).element is not None
        except NoSuchField:
            return False


class NoAddress(LintRule):
    """place reads an address, and {path} is none: name an address element, or use from"""

    id = "no-address"

    def check(self) -> Iterator[Problem]:
        for target, rule in self.rules():
            if rule.place is not None and self._element(rule.place) is not DiaChi:
                yield self.problem("fields", target, path=rule.place)

    def _element(self, path: str) -> type | None:
        try:
            return wire_path(self.mapping.wire, path).element
        except NoSuchField:
            return DiaChi  # unknown-wire-field says it already


class UnknownCodeList(LintRule):
    """there is no code list {name}; use one of mappings/codes/lists.yaml{hint}"""

    id = "unknown-code-list"

    def check(self) -> Iterator[Problem]:
        known = list_facts(self.root)
        for target, rule in self.rules():
            if rule.codes is not None and rule.codes not in known:
                hint = did_you_mean(rule.codes, known)
                yield self.problem("fields", target, "codes", name=rule.codes, hint=hint)


class CodeListWithoutDate(LintRule):
    """code list {name} has no row in force on {day}: import the edition of that day, or name another day in as_of"""

    id = "code-list-without-date"

    def check(self) -> Iterator[Problem]:
        for target, rule in self.rules():
            day = self.today if rule.as_of == "record" else rule.as_of
            if rule.codes not in list_facts(self.root) or day is None:
                continue
            if not load_code_list(rule.codes, self.root).at(day):
                yield self.problem("fields", target, "codes", name=rule.codes, day=day)


class MeaningOutsideType(LintRule):
    """{target} may be {allowed}, and {giver} gives {meaning}: use a list without other meanings, or mend the rule"""

    id = "meaning-outside-type"

    def check(self) -> Iterator[Problem]:
        known = fields_of(self.mapping.canonical)
        for target, rule in self.rules():
            allowed = _choices(known[target].type) if target in known else None
            if allowed is None:
                continue
            given = {rule.const, rule.default} - {None}
            if rule.codes in list_facts(self.root):
                given |= {row.meaning for row in load_code_list(rule.codes, self.root).rows} - {""}
            elif rule.const is None:
                given.add("any text")
            outside = sorted(str(value) for value in given - allowed)
            if outside:
                meanings = ", ".join(outside[:_SHOWN]) + (
                    f" and {len(outside) - _SHOWN} more" * (len(outside) > _SHOWN)
                )
                giver = f"code list {rule.codes}" if rule.codes else "the rule"
                choices = ", ".join(sorted(allowed))
                yield self.problem("fields", target, target=target, meaning=meanings, giver=giver, allowed=choices)


def _choices(annotation: Any) -> set[str] | None:
    """Lists the values of a Literal type, also inside `| None`; None for a type that is open."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    found = [choices for part in get_args(annotation) if (choices := _choices(part)) is not None]
    return found[0] if found else None
