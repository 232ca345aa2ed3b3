"""Lint rules about fields: every field that is named exists, and no field of either side is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from hub.mapping.errors import Problem, did_you_mean
from hub.mapping.lint_rule import LintRule, read_paths, targets_of
from hub.mapping.wire import NoSuchField, leaf_paths, wire_path
from schemas.canonical import fields_of


class UnknownWireField(LintRule):
    """{path}: {model} has no field {part}; write it as the wire model does{hint}"""

    id = "unknown-wire-field"

    def check(self) -> Iterator[Problem]:
        named: list[tuple[tuple[str | int, ...], str]] = []
        for target, rule in self.rules():
            named += [(("fields", target), path) for path in [*rule.paths, *rule.when]]
        named += [(("ignored", path), path) for path in self.spec.ignored]
        for index, variant in enumerate(self.spec.variants):
            named += [(("variants", index, "when", path), path) for path in variant.when]
        for where, path in named:
            try:
                wire_path(self.mapping.wire, path)
            except NoSuchField as error:
                hint = did_you_mean(error.part, error.known)
                yield self.problem(*where, path=path, model=self.spec.from_, part=error.part, hint=hint)


class UnknownTarget(LintRule):
    """{model} has no field {target}; write it as the canonical model does{hint}"""

    id = "unknown-target"

    def check(self) -> Iterator[Problem]:
        known = fields_of(self.mapping.canonical)
        for target, rule in self.rules():
            if any(key not in known for key in targets_of(target, rule)):
                hint = did_you_mean(target, known)
                yield self.problem("fields", target, model=self.spec.to, target=target, hint=hint)


class TwiceFilledTarget(LintRule):
    """{target} is filled by two rules: keep one of them"""

    id = "twice-filled-target"

    def check(self) -> Iterator[Problem]:
        seen: set[str] = set()
        for target, rule in self.rules():
            for key in targets_of(target, rule):
                if key in seen:
                    yield self.problem("fields", target, target=key)
                seen.add(key)


class RequiredTargetUnfilled(LintRule):
    """{model} requires {target}, and nothing fills it: give it a rule under fields"""

    id = "required-target-unfilled"

    def check(self) -> Iterator[Problem]:
        filled = {key for target, rule in self.rules() for key in targets_of(target, rule)}
        for key, spec in fields_of(self.mapping.canonical).items():
            if spec.required and key not in filled:
                yield self.problem("fields", model=self.spec.to, target=key)


class WireFieldForgotten(LintRule):
    """{path} is neither mapped nor ignored: map it, or name it under ignored with the reason"""

    id = "wire-field-forgotten"

    def check(self) -> Iterator[Problem]:
        named = {path for _, rule in self.rules() for path in read_paths(rule)}
        named |= {path for variant in self.spec.variants for path in variant.when} | set(self.spec.ignored)
        for leaf in leaf_paths(self.mapping.wire):
            if not any(leaf == path or leaf.startswith(f"{path}.") for path in named):
                yield self.problem("fields", path=leaf)


class IgnoredButMapped(LintRule):
    """{path} is ignored and yet mapped to {target}: take it out of ignored, or drop the rule"""

    id = "ignored-but-mapped"

    def check(self) -> Iterator[Problem]:
        for target, rule in self.rules():
            for path in read_paths(rule):
                for ignored in self.spec.ignored:
                    if f"{path}.".startswith(f"{ignored}.") or f"{ignored}.".startswith(f"{path}."):
                        yield self.problem("ignored", ignored, path=ignored, target=target)
