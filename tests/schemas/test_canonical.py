import pytest
from pydantic import ValidationError

from schemas.canonical import ATTRIBUTES, CancelledNumber, Person, fields_of, nest, validate_flat
from schemas.communes import commune_province, current_communes

FLAT = {
    "personal_id": "100050000017",
    "number_status": "active",
    "name.full": "Nguyễn Văn An",
    "name.raw": "Nguyễn Văn An",
    "gender": "male",
    "birth_date": "1950",
    "life_status": "alive",
    "residence.province": "01",
    "residence.commune": "00004",
    "father.former_id": "100500017",
}


def test_required_keys() -> None:
    """A person can't do without these keys, and an optional group makes none of its keys required."""
    required = [key for key, field in fields_of(Person).items() if field.required]

    expected = ["personal_id", "number_status", "name.full", "name.raw", "gender", "birth_date", "life_status"]
    assert expected == required


def test_cancelled_keys() -> None:
    """A cancelled number needs the number and its status alone."""
    required = [key for key, field in fields_of(CancelledNumber).items() if field.required]

    assert required == ["personal_id", "number_status"]


def test_flat_record_is_valid() -> None:
    """A flat record is checked as the nested person that it stands for."""
    person = validate_flat(FLAT, "person")

    assert isinstance(person, Person)
    assert person.residence
    assert person.residence.commune == "00004"


def test_status_selects_the_model() -> None:
    """A record of a cancelled number is checked as a tombstone."""
    tombstone = validate_flat({"personal_id": "100050000017", "number_status": "cancelled"}, "person")

    assert CancelledNumber(personal_id="100050000017", number_status="cancelled") == tombstone


@pytest.mark.parametrize(
    "change",
    [
        {"gender": "7"},
        {"birth_date": "1950-13"},
        {"residence.town": "x"},
        {"name.family": ""},
        {"nationality": "Việt Nam"},
        {"father.personal_id": "1000500000170"},
    ],
)
def test_invalid_record_shows_no_value(change: dict[str, str]) -> None:
    """A value outside its type and an unknown key are refused by an error without values."""
    with pytest.raises(ValidationError) as caught:
        validate_flat({**FLAT, **change}, "person")

    assert "Nguyễn" not in str(caught.value)
    assert "1000500000170" not in str(caught.value)


def test_nest() -> None:
    """Dotted keys become nested objects."""
    assert nest({"a.b": 1, "a.c": 2, "d": 3}) == {"a": {"b": 1, "c": 2}, "d": 3}


def test_attributes_hold_known_keys() -> None:
    """Every attribute stands for keys of its kind of record, is named in both languages and classified."""
    for name, attribute in ATTRIBUTES.items():
        assert attribute.keys or attribute.is_role, name
        assert set(attribute.keys) <= fields_of(attribute.kind.model).keys()
        assert attribute.vi
        assert attribute.en
    assert ATTRIBUTES["person.ethnicity"].classification == "sensitive"
    assert ATTRIBUTES["person.residence"].classification == "personal"


def test_current_communes() -> None:
    """The current list has 3,321 communes of 34 provinces, each with five digits and a province of two."""
    communes = current_communes()

    assert len(communes) == 3321
    assert len({commune.province for commune in communes.values()}) == 34
    assert all(len(code) == 5 and code.isdigit() for code in communes)


def test_commune_province() -> None:
    """A current commune has its province, and an unknown code has none."""
    assert commune_province("00004") == "01"
    assert commune_province("99999") is None
