"""Turns a mapping into a plain Python function, so that a record costs microseconds.

The function is assembled as a syntax tree: the statements below are ours, and what a mapping's author wrote enters them
as constants only, never as code. Names of wire fields come from the model. One tree serves every day; the code lists
are bound to it per edition.

A generated function reads the record's elements once, then fills field after field:

    wire = record_in.__dict__
    node1 = wire['HoVaTen'].__dict__ ...
    value = node1['Ten']
    try:
        if value:
            value = squeeze(value)
        ...
    except Refused as refused:
        refusals.append(Finding('name.full', refused.rule))
    else:
        if value:
            result['name.full'] = value
        else:
            refusals.append(<name.full: field.required>)
"""

from __future__ import annotations

import ast
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from hub.mapping.spec import FieldRule, LoadedMapping
from hub.mapping.transforms import TRANSFORMS, Transform
from hub.mapping.verdicts import Finding
from hub.mapping.wire import WirePath, wire_path
from schemas.canonical import fields_of

Block = TypeVar("Block", ast.If, ast.Try, ast.FunctionDef)


class Emitter:
    """Collects the statements of one mapping's function and the constants that they name."""

    def __init__(self, mapping: LoadedMapping) -> None:
        self.mapping = mapping
        self.constants: dict[str, Any] = {}
        self.lists: dict[str, FieldRule] = {}
        """The global name of each code table, and the rule that it is for."""
        self.places: dict[str, str] = {}
        """The global name of each place reader, and the canonical key that it fills below."""
        self.items: dict[str, tuple[str, str]] = {}
        """The global name of each list reader, the canonical key that it fills, and the mapping of the items."""
        self._nodes: dict[tuple[str, ...], str] = {(): "wire"}
        self._prelude: list[ast.stmt] = _statements("wire = record_in.__dict__")
        self._absent: dict[str, str] = {}
        self._demanded: set[tuple[str, ...]] = set()
        self.tree = self._module()
        """The module that defines the function `mapped`."""

    def _module(self) -> ast.Module:
        spec = self.mapping.spec
        body: list[ast.stmt] = []
        for index, variant in enumerate(spec.variants):
            test = self._all({**variant.when})
            body += _guarded(test, _statements("return VARIANT(record_in)", VARIANT=f"variant_{index}"))
        body += _statements("result = {}\nrefusals = []\nnotes = []")
        required = {key for key, field in fields_of(self.mapping.canonical).items() if field.required}
        blocks: list[tuple[str | None, list[ast.stmt]]] = []
        for number, (target, rule) in enumerate(spec.fields.items()):
            if rule.place is not None:
                block = self._place(number, target, rule)
            elif rule.each is not None:
                block = self._each(number, target, rule)
            else:
                block = self._field(number, target, rule, target in required)
            blocks.append((None if target in required else self._only_element(rule), block))
        # Rules that follow each other and read the same element are skipped together where it is absent.
        for element, group in groupby(blocks, key=itemgetter(0)):
            statements = [statement for _, block in group for statement in block]
            body += statements if element is None else self._if_present(element, statements)
        body += _statements(
            "if refusals:\n    return new(Mapped, (None, refusals, notes))\n"
            "return new(Mapped, (result, refusals, notes))"
        )
        module = ast.parse("def mapped(record_in): pass")
        _block(module.body[0], ast.FunctionDef).body = self._prelude + body
        return ast.fix_missing_locations(module)

    def _path(self, path: str) -> WirePath:
        return wire_path(self.mapping.wire, path)

    def _node(self, path: WirePath, depth: int) -> str:
        """Emits, once, the dict of the element at a depth of a path, and returns its variable."""
        parts = path.parts[:depth]
        if parts in self._nodes:
            return self._nodes[parts]
        parent = self._node(path, depth - 1)
        model = path.models[depth]
        name = self._nodes[parts] = f"node{len(self._nodes)}"
        absent = self._absent[name] = self._constant("absent", dict.fromkeys(model.model_fields))
        holes: dict[str, str | ast.expr] = {
            "NODE": name,
            "PARENT": parent,
            "FIELD": ast.Constant(parts[-1]),
            "ABSENT": absent,
        }
        text_part = getattr(model, "text_part", None)
        if text_part is None:
            template = "NODE = PARENT[FIELD]\nNODE = NODE.__dict__ if NODE else ABSENT"
        else:
            template = (
                "NODE = PARENT[FIELD]\n"
                "NODE = NODE.__dict__ if NODE.__class__ is MODEL else {**ABSENT, PART: NODE} if NODE else ABSENT"
            )
            holes |= {"MODEL": self._constant("model", model), "PART": ast.Constant(text_part)}
        self._prelude += _statements(template, **holes)
        return name

    def _only_element(self, rule: FieldRule) -> str | None:
        """Returns the variable of the one top element that a rule reads, if the rule does nothing without it."""
        paths = [*rule.paths, *rule.when]
        tops = {path.split(".")[0] for path in paths}
        if len(tops) != 1 or rule.default is not None or rule.const is not None:
            return None
        return self._nodes.get((tops.pop(),))

    def _if_present(self, node: str, body: list[ast.stmt]) -> list[ast.stmt]:
        present = ast.Compare(_name(node), [ast.IsNot()], [_name(self._absent[node])])
        return _guarded(present, body)

    def _read(self, path: str) -> ast.expr:
        """Builds the expression that reads a wire field, None where an element above it is absent."""
        resolved = self._path(path)
        node = self._node(resolved, len(resolved.parts) - 1)
        return ast.Subscript(ast.Name(node, ast.Load()), ast.Constant(resolved.parts[-1]), ast.Load())

    def _constant(self, kind: str, value: Any) -> str:
        name = f"{kind}_{len(self.constants)}"
        self.constants[name] = value
        return name

    def _place(self, number: int, target: str, rule: FieldRule) -> list[ast.stmt]:
        path = self._path(rule.place or "")
        name = f"place_{number}"
        self.places[name] = target
        absent = next(iter(path.element.model_fields)) if path.element else ""
        inside = WirePath((*path.parts, absent), (*path.models, path.element or path.models[-1]), frozenset())
        return _statements("PLACE(NODE, result, refusals)", PLACE=name, NODE=self._node(inside, len(path.parts)))

    def _each(self, number: int, target: str, rule: FieldRule) -> list[ast.stmt]:
        name = f"each_{number}"
        self.items[name] = (target, rule.use or "")
        return _statements("EACH(READ, result, refusals, notes)", EACH=name, READ=self._read(rule.each or ""))

    def _field(self, number: int, target: str, rule: FieldRule, required: bool) -> list[ast.stmt]:
        steps = self._transforms(target, rule)
        if rule.codes is not None:
            table = f"codes_{number}"
            self.lists[table] = rule
            steps += _guarded(_name("value"), _statements("value = TABLE[value]", TABLE=table))
        keep = _statements("result[TARGET] = value", TARGET=ast.Constant(target))
        otherwise = self._otherwise(target, rule, required)
        outcome: list[ast.stmt] = [ast.If(_name("value"), keep, otherwise)]
        if self._may_refuse(rule):
            template = "try:\n    pass\nexcept Refused as refused:\n    refusals.append(Finding(TARGET, refused.rule))"
            attempt = _block(_statements(template, TARGET=ast.Constant(target))[0], ast.Try)
            attempt.body, attempt.orelse = steps, outcome
            steps, outcome = [attempt], []
        return self._sourced(rule) + steps + outcome

    def _sourced(self, rule: FieldRule) -> list[ast.stmt]:
        """Emits what puts the wire value into `value`."""
        if rule.const is not None:
            found = _statements("value = CONST", CONST=ast.Constant(rule.const))
        else:
            first, *rest = rule.paths
            found = _statements("value = READ", READ=self._read(first))
            join = "part = READ\nif part:\n    value = value + ' ' + part if value else part"
            fall_back = "if value is None or value == '':\n    value = READ"
            for path in rest:
                found += _statements(join if rule.join is not None else fall_back, READ=self._read(path))
        if rule.when:
            found = _guarded(self._all(rule.when), found, _statements("value = None"))
        return found

    def _transforms(self, target: str, rule: FieldRule) -> list[ast.stmt]:
        steps: list[ast.stmt] = []
        for settled, group in groupby((TRANSFORMS[name] for name in rule.then), key=lambda step: bool(step.settled)):
            run = list(group)
            emitted = [statement for step in run for statement in self._step(target, rule, step)]
            # Repairs that follow each other are passed over at once if no one of them has anything to do.
            test = " and ".join(f"({step.settled})" for step in run)
            steps += _statements(f"if value and not ({test}):\n    pass") if settled else []
            if settled:
                _block(steps[-1], ast.If).body = emitted
            else:
                steps += emitted
        return steps

    def _step(self, target: str, rule: FieldRule, step: Transform) -> list[ast.stmt]:
        applied = "value = STEP(value)"
        if step.repairs is not None:
            applied = "mended = STEP(value)\nif mended is not value:\n    notes.append(NOTE)\n    value = mended"
        note = self._constant("note", Finding(target, step.repairs or ""))
        # Only the first step may be given a number, and zero is one.
        first = step is TRANSFORMS[rule.then[0]] and self._has_numbers(rule)
        test = _expression("value is not None and value != ''" if first else "value")
        return _guarded(test, _statements(applied, STEP=self._constant("step", step.apply), NOTE=note))

    def _otherwise(self, target: str, rule: FieldRule, required: bool) -> list[ast.stmt]:
        if rule.default is not None:
            return _statements(
                "result[TARGET] = DEFAULT", TARGET=ast.Constant(target), DEFAULT=ast.Constant(rule.default)
            )
        # One missing wire field is one refusal, however many required fields it feeds.
        sources = tuple(sorted(rule.paths))
        if not required or sources in self._demanded:
            return []
        self._demanded.add(sources)
        missing = self._constant("missing", Finding(target, "field.required"))
        return _statements("refusals.append(MISSING)", MISSING=missing)

    def _may_refuse(self, rule: FieldRule) -> bool:
        return rule.codes is not None or any(TRANSFORMS[name].refuses for name in rule.then)

    def _has_numbers(self, rule: FieldRule) -> bool:
        return any(int in self._path(path).types for path in rule.paths)

    def _all(self, when: dict[str, Any]) -> ast.expr:
        tests: list[ast.expr] = []
        for path, wanted in when.items():
            read = self._read(path)
            if wanted == "present":
                tests.append(read)
            else:
                values = [wanted] if isinstance(wanted, str) else wanted
                options = ast.Tuple([ast.Constant(value) for value in values], ast.Load())
                tests.append(ast.Compare(read, [ast.In()], [options]))
        return tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)


class _Fill(ast.NodeTransformer):
    def __init__(self, holes: dict[str, str | ast.expr]) -> None:
        self.holes = holes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        hole = self.holes.get(node.id)
        if hole is None:
            return node
        return ast.Name(hole, node.ctx) if isinstance(hole, str) else hole


def _statements(template: str, **holes: str | ast.expr) -> list[ast.stmt]:
    """Parses a template of this file and fills its capitalised holes with names or expressions."""
    fill = _Fill(holes)
    return [fill.visit(statement) for statement in ast.parse(template).body]


def _expression(template: str) -> ast.expr:
    return ast.parse(template, mode="eval").body


def _block(statement: ast.stmt, kind: type[Block]) -> Block:
    """Narrows a statement of a template to what the template says that it is."""
    if not isinstance(statement, kind):
        raise TypeError(f"the template is no {kind.__name__}")
    return statement


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _guarded(test: ast.expr, body: list[ast.stmt], otherwise: list[ast.stmt] | None = None) -> list[ast.stmt]:
    return [ast.If(test, body, otherwise or [])]
