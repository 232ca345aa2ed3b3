"""The shape of a mapping file: what each key may hold, checked before anything is compiled."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from hub.mapping.errors import MappingError, Problem, UnknownName, did_you_mean
from hub.mapping.paths import MAPPINGS
from hub.mapping.source import Source, read_model
from schemas.canonical import canonical_models
from schemas.wire import wire_models

Filled = Annotated[str, StringConstraints(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class FieldRule(_Strict):
    """How one canonical field is filled: exactly one source, then named steps, then a code list.

    `from` reads one wire field; `join` puts several together with a space; `first` takes the first that has a value;
    `const` is the same for every record; `place` reads an address (see `hub.mapping.places`); `each` maps every item of
    a list by another mapping, which `use` names. `when` lets the rule act only if every named wire field is `present`
    or equals one of the given values; `default` stands in for no value.
    """

    from_: Filled | None = Field(default=None, alias="from")
    join: list[Filled] | None = None
    first: list[Filled] | None = None
    const: Filled | None = None
    place: Filled | None = None
    each: Filled | None = None
    use: Filled | None = None
    then: list[Filled] = []
    codes: Filled | None = None
    as_of: Literal["record"] | date = "record"
    when: dict[str, Filled | list[Filled]] = {}
    default: Filled | None = None

    @model_validator(mode="after")
    def _one_source(self) -> FieldRule:
        sources = [self.from_, self.join, self.first, self.const, self.place, self.each]
        if sum(source is not None for source in sources) != 1:
            raise ValueError("needs exactly one of from, join, first, const, place, each")
        alone = self.const is not None or self.whole is not None
        if alone and (self.then or self.codes or self.default or (self.whole and self.when)):
            raise ValueError(
                "const, place and each stand without then, codes, default; place and each without when too"
            )
        if (self.each is None) != (self.use is None):
            raise ValueError("use goes with each: name the mapping of the items")
        return self

    @property
    def verb(self) -> str:
        """Which of the sources the rule uses."""
        verbs = ("from_", "join", "first", "const", "place", "each")
        return next(verb for verb in verbs if getattr(self, verb)).rstrip("_")

    @property
    def whole(self) -> str | None:
        """The element or list that the rule reads as a whole."""
        return self.place if self.place is not None else self.each

    @property
    def paths(self) -> list[str]:
        """The wire fields that the value comes from, without those that only `when` looks at."""
        if self.whole is not None:
            return [self.whole]
        return [self.from_] if self.from_ is not None else list(self.join or self.first or [])


class Variant(_Strict):
    """Another mapping that takes over for records with the given values."""

    when: dict[str, Filled] = Field(min_length=1)
    use: Filled


class Verdict(_Strict):
    """A rule that an example must meet, and the canonical field it speaks about."""

    field: Filled
    rule: Filled


class Example(_Strict):
    """One example, which is a test: the sample with `given` laid over it must map, repair or refuse as stated.

    `todo` says what is yet to be filled in: such an example is open, and must not hold.
    """

    name: Filled
    todo: Filled | None = None
    given: dict[str, Any] = {}
    as_of: date | None = None
    expect: dict[str, str | list[dict[str, str]]] = {}
    absent: list[str] = []
    note: Verdict | None = None
    refuse: Verdict | None = None


class Sample(_Strict):
    """A whole wire record of an invented person, and the day its version is from."""

    as_of: date
    record: dict[str, Any]


class MappingSpec(_Strict):
    """One mapping file.

    The mapping of a feed names it, and under `key` the field of the wire model by which the feed names a record.
    Where that is not the number of the subject, `number` is the field that holds it.
    """

    mapping: Filled
    version: int = Field(ge=1)
    feed: Filled | None = None
    key: Filled | None = None
    number: Filled | None = None
    from_: Filled = Field(alias="from")
    to: Filled
    variants: list[Variant] = []
    fields: dict[str, FieldRule] = Field(min_length=1)
    ignored: dict[str, Filled] = {}
    sample: Sample | None = None
    examples: list[Example] = []

    @model_validator(mode="after")
    def _key_of_a_feed(self) -> MappingSpec:
        if (self.feed is None) != (self.key is None) or (self.number is not None and self.feed is None):
            raise ValueError("feed and key stand together, number only beside them")
        return self


class LoadedMapping:
    """A mapping file that has the right shape, with the models it connects and the lines it was read from."""

    def __init__(self, spec: MappingSpec, source: Source) -> None:
        self.spec = spec
        self.source = source
        self.wire = wire_models()[spec.from_]
        self.canonical = canonical_models()[spec.to]


def mapping_names(root: Path = MAPPINGS) -> list[str]:
    """Lists the names of all mappings."""
    files = sorted(root.glob("*/*.yaml"))
    return [f"{file.parent.name}/{file.stem}" for file in files if file.parent.name not in ("codes", "procedures")]


@lru_cache
def load_mapping(name: str, root: Path = MAPPINGS) -> LoadedMapping:
    """Reads a mapping file.

    Raises:
        UnknownName: there is no such mapping.
        MappingError: the file has not the shape of a mapping; every problem has its line.
    """
    if name not in mapping_names(root):
        message = f"there is no mapping {name}{did_you_mean(name, mapping_names(root))}"
        raise UnknownName([Problem(name, 1, "unknown-mapping", message)])
    return read_mapping(root / f"{name}.yaml", name)


def read_mapping(file: Path, name: str) -> LoadedMapping:
    """Reads the mapping of a name from any file.

    Raises:
        MappingError: the file has not the shape of a mapping, or is another one; every problem has its line.
    """
    spec, source = read_model(file, MappingSpec)
    wrong = [
        source.problem((key,), "unknown-model", f"{key}: {value} is no model{did_you_mean(value, known)}")
        for key, value, known in (("from", spec.from_, wire_models()), ("to", spec.to, canonical_models()))
        if value not in known
    ]
    if spec.mapping != name:
        wrong.append(source.problem(("mapping",), "mapping-name", f"the file is {name} and says {spec.mapping}"))
    if wrong:
        raise MappingError(wrong)
    return LoadedMapping(spec, source)
