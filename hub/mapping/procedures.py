"""Administrative procedures: what an official form asks, and where the hub gets each answer.

A file under `mappings/procedures/` lists every field of the cited form. A field is released from a register
(`attribute`), follows from attributes (`compute`), or must be asked, with the reason (`ask`, `why`). Out of that comes
the least set of attributes that a lookup for this procedure may release.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from hub.mapping.computed import COMPUTED
from hub.mapping.errors import MappingError, Problem, UnknownName, did_you_mean
from hub.mapping.paths import MAPPINGS
from hub.mapping.source import Source, read_model
from schemas.canonical import ATTRIBUTES
from schemas.vn import AgencyCode, ProcedureCode

Filled = Annotated[str, StringConstraints(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class Label(_Strict):
    """A text in both languages."""

    vi: Filled
    en: Filled


class FormField(_Strict):
    """One field of the form: exactly one of attribute, compute and ask.

    `editable` lets the citizen change what was filled in. `purpose: condition` marks what the form does not print but
    the law makes a condition, which the official would otherwise ask a paper for.
    """

    label: Label
    attribute: Filled | None = None
    compute: Filled | None = None
    from_: tuple[Filled, ...] = Field(default=(), alias="from")
    ask: Literal["citizen", "dossier_system"] | None = None
    why: Filled | None = None
    editable: bool = False
    purpose: Literal["form", "condition"] = "form"

    @model_validator(mode="after")
    def _one_answer(self) -> FormField:
        if sum(answer is not None for answer in (self.attribute, self.compute, self.ask)) != 1:
            raise ValueError("needs exactly one of attribute, compute, ask")
        if (self.ask is None) != (self.why is None):
            raise ValueError("why goes with ask: say why no register answers it")
        if (self.compute is None) == bool(self.from_):
            raise ValueError("from goes with compute: name the attributes that it needs")
        return self

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that must be released to fill this field."""
        return (self.attribute,) if self.attribute is not None else self.from_


class ProcedureSpec(_Strict):
    """One procedure file."""

    procedure: ProcedureCode
    version: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")]
    name: Label
    agency: AgencyCode
    legal_basis: tuple[Filled, ...] = Field(min_length=1)
    cited_form: Filled
    form: dict[str, FormField] = Field(min_length=1)


@dataclass(frozen=True)
class Procedure:
    """A procedure ready for lookups."""

    spec: ProcedureSpec
    source: Source

    @property
    def code(self) -> str:
        """The procedure's code, such as 1.004623."""
        return self.spec.procedure

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The least set of attributes that fills the form, sorted: a lookup may ask for fewer, never for more."""
        return tuple(sorted({name for field in self.spec.form.values() for name in field.attributes}))

    @cached_property
    def registers(self) -> dict[str, str]:
        """The register that each attribute comes from."""
        return {name: ATTRIBUTES[name].kind.sources[0] for name in self.attributes}

    @cached_property
    def asked(self) -> dict[str, FormField]:
        """The fields that no register answers, with who is asked and why."""
        return {key: field for key, field in self.spec.form.items() if field.ask is not None}


def procedure_codes(root: Path = MAPPINGS) -> list[str]:
    """Lists the codes of all procedures."""
    return sorted(file.stem for file in (root / "procedures").glob("*.yaml"))


@lru_cache
def load_procedure(code: str, root: Path = MAPPINGS) -> Procedure:
    """Loads one procedure.

    Raises:
        UnknownName: the hub has no such procedure.
        MappingError: the file has a problem; the message has file, line and the word that was probably meant.
    """
    known = procedure_codes(root)
    if code not in known:
        message = f"there is no procedure {code}{did_you_mean(code, known)}"
        raise UnknownName([Problem("procedures", 1, "unknown-procedure", message)])
    spec, source = read_model(root / "procedures" / f"{code}.yaml", ProcedureSpec)
    problems = list(_problems(code, spec, source))
    if problems:
        raise MappingError(problems)
    return Procedure(spec, source)


def load_procedures(root: Path = MAPPINGS) -> dict[str, Procedure]:
    """Loads every procedure, by code."""
    return {code: load_procedure(code, root) for code in procedure_codes(root)}


def lint_procedures(root: Path = MAPPINGS) -> list[Problem]:
    """Finds everything that is wrong with any procedure file."""
    problems: list[Problem] = []
    for code in procedure_codes(root):
        try:
            load_procedure(code, root)
        except MappingError as error:
            problems += error.problems
    return problems


def _problems(code: str, spec: ProcedureSpec, source: Source) -> Iterator[Problem]:
    if spec.procedure != code:
        message = f"the file is {code} and says {spec.procedure}"
        yield source.problem(("procedure",), "procedure-code", message)
    for key, field in spec.form.items():
        for name in field.attributes:
            if name not in ATTRIBUTES:
                message = f"{key}: there is no attribute {name}{did_you_mean(name, ATTRIBUTES)}"
                yield source.problem(("form", key), "unknown-attribute", message)
        if field.compute is None:
            continue
        computed = COMPUTED.get(field.compute)
        if computed is None:
            message = f"{key}: nothing computes {field.compute}{did_you_mean(field.compute, COMPUTED)}"
            yield source.problem(("form", key), "unknown-computed", message)
        elif computed.needs != field.from_:
            message = f"{key}: {computed.name} needs {', '.join(computed.needs)}"
            yield source.problem(("form", key), "wrong-inputs", message)
