from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.mapping import load_compiled
from hub.mapping.examples import overlay
from hub.mapping.spec import load_mapping
from hub.mapping.wire import leaf_paths
from schemas.canonical import validate_flat
from schemas.population import Citizen

# Texts that reach further into the mapping than random ones do.
_CODES = "1 2 3 7 01 79 45 001 760 00004 00007 26734 26737 99999 VN LA CH01 1950 19500321 19520231 Nguyễn Ðặng Null"
TELLING = st.sampled_from(_CODES.split(" "))
NUMBERS = st.sampled_from(["100050000017", "100500017", " 100050000017", "\u200b", " ", "a\u0302\u0301"])
TEXTS = st.none() | st.just("") | TELLING | NUMBERS | st.text(max_size=12)


def elements(prefix: str, names: list[str]) -> st.SearchStrategy[Any]:
    """Builds a strategy for one element of the record from the dotted paths of its leaves."""
    children: dict[str, list[str]] = {}
    for name in names:
        head, _, rest = name.partition(".")
        children.setdefault(head, []).extend([rest] if rest else [])
    parts = {
        head: elements(f"{prefix}{head}.", rest) if rest else leaf(prefix + head) for head, rest in children.items()
    }
    whole = st.fixed_dictionaries({}, optional=parts)
    if not prefix:
        return whole
    return whole | TEXTS if prefix.endswith("HoVaTen.") else whole | st.sampled_from(["", None])


def leaf(path: str) -> st.SearchStrategy[Any]:
    """Builds a strategy for one field; only the birth date may be a number."""
    return TEXTS | st.integers() if path.endswith("NgayThangNamSinh.NgayThangNam") else TEXTS


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(raw=elements("", list(leaf_paths(Citizen))), whole=st.booleans(), day=st.dates())
def test_total_and_pure(raw: dict[str, Any], whole: bool, day: date) -> None:
    """Any valid wire record gives, twice the same, a valid canonical record or refusals, and never an exception."""
    sample = load_mapping("population/citizen").spec.sample
    assert sample
    wire = Citizen.model_validate(overlay(sample.record, raw) if whole else raw)
    mapping = load_compiled("population/citizen")

    mapped = mapping(wire, day)

    assert mapped == mapping(wire, day)
    assert (mapped.record is None) == bool(mapped.refusals)
    if mapped.record is not None:
        assert all(isinstance(value, str) and value for value in mapped.record.values())
        validate_flat(mapped.record, "person")
