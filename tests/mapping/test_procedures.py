from datetime import date
from pathlib import Path

import pytest

from hub.mapping import COMPUTED, MappingError, UnknownName, load_procedure, load_procedures, procedure_codes
from hub.mapping.procedures import lint_procedures
from schemas.canonical import ATTRIBUTES

FORM = """\
procedure: "1.004623"
version: 2026-01
name: {vi: Cấp thẻ, en: Issue a card}
agency: G16
legal_basis: [Law on Tourism 09/2017/QH14 art. 60]
cited_form: form 11
form:
  full_name: {label: {vi: Họ và tên, en: Name}, attribute: person.name.full}
  age: {label: {vi: Tuổi, en: Age}, compute: age_on_submission, from: [person.birth_date]}
  diploma: {label: {vi: Văn bằng, en: Diploma}, ask: citizen, why: no register holds it}
"""


def write(tmp_path: Path, text: str) -> Path:
    """Writes a folder with one procedure."""
    (tmp_path / "procedures").mkdir()
    (tmp_path / "procedures" / "1.004623.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_least_set(tmp_path: Path) -> None:
    """A procedure needs the attributes of its fields and of what it computes, and nothing else."""
    procedure = load_procedure("1.004623", write(tmp_path, FORM))

    assert procedure.attributes == ("person.birth_date", "person.name.full")
    assert procedure.registers == {"person.birth_date": "population", "person.name.full": "population"}
    assert list(procedure.asked) == ["diploma"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("person.name.full", "person.name.ful", r"1\.004623\.yaml:8: .*did you mean person\.name\.full\?"),
        ("compute: age_on_submission", "compute: age", r":9: .*nothing computes age"),
        ("[person.birth_date]", "[person.gender]", r":9: .*needs person\.birth_date"),
        (", from: [person.birth_date]", "", r":9: .*from goes with compute"),
        (", why: no register holds it", "", r":10: .*why goes with ask"),
        ("ask: citizen, why: no register holds it", "why: x", r":10: .*exactly one of attribute, compute, ask"),
        ("ask: citizen", "ask: nobody", r":10: form\.diploma\.ask"),
        ("{vi: Tuổi, en: Age}", "{vi: Tuổi}", r":9: form\.age\.label\.en"),
        ("attribute:", "atribute:", r":8: .*did you mean attribute\?"),
        ('"1.004623"', '"4.004623"', r":1: procedure"),
        ('"1.004623"', '"1.004628"', r":1: the file is 1\.004623"),
        ("2026-01", "2026", r":2: version"),
        ("agency: G16", "agency: K16", r":4: agency"),
        ("[Law on Tourism 09/2017/QH14 art. 60]", "[]", r":5: legal_basis"),
    ],
)
def test_wrong_procedure(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Each mistake in a procedure file is told with its line."""
    root = write(tmp_path, FORM.replace(old, new))

    with pytest.raises(MappingError, match=message):
        load_procedure("1.004623", root)
    assert lint_procedures(root) != []


def test_unknown_procedure() -> None:
    """An unknown procedure is told as such, with the nearest code."""
    with pytest.raises(UnknownName, match=r"did you mean 1\.00462"):
        load_procedure("1.004629")


@pytest.mark.parametrize("code", procedure_codes())
def test_own_procedures(code: str) -> None:
    """Every procedure of the project names its law and form, fills from known attributes and says why it asks."""
    procedure = load_procedures()[code]

    assert procedure.code == code
    assert set(procedure.attributes) <= ATTRIBUTES.keys()
    assert procedure.spec.legal_basis
    assert all(field.why for field in procedure.asked.values())


def test_domestic_tour_guide_card() -> None:
    """The domestic tour-guide card is filled from the population register but for what it does not hold."""
    procedure = load_procedure("1.004623")

    assert "person.name.full" in procedure.attributes
    assert "religion" in procedure.asked
    assert "diploma" in procedure.asked
    assert set(procedure.registers.values()) == {"population"}


@pytest.mark.parametrize(
    ("birth_date", "day", "age"),
    [
        ("2000-11-22", date(2026, 11, 22), "26"),
        ("2000-11-23", date(2026, 11, 22), "25"),
        ("2000-02-29", date(2026, 2, 28), "25"),
        ("1950", date(2026, 11, 22), None),
        ("1950", date(2026, 12, 31), "76"),
        ("1950-03", date(2026, 11, 22), "76"),
        ("2030", date(2026, 12, 31), None),
    ],
)
def test_age_on_submission(birth_date: str, day: date, age: str | None) -> None:
    """The age is told only if the birth date leaves no doubt about it."""
    assert COMPUTED["age_on_submission"].apply(birth_date, day) == age
