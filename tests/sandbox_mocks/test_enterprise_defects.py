"""Each defect of the business register is there at about its rate, shows its symptom and only that."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from stdnum.vn import mst

from sandbox_mocks.country import Country
from sandbox_mocks.country.enterprises import Enterprises, Unit
from sandbox_mocks.country.enterprises.defects import CHANCES, CODES, injected
from sandbox_mocks.country.enterprises.plan import FIRM
from tests.sandbox_mocks.conftest import NOW
from tests.sandbox_mocks.test_enterprises import all_units

Record = dict[str, Any]
Symptom = Callable[[Enterprises, Record], bool]
TIMES = 8


@pytest.fixture(scope="module")
def spoilt() -> Enterprises:
    """A register with eight times the defects."""
    return Enterprises(Country(seed=5, people=40_000, defect_rate=TIMES))


@pytest.fixture(scope="module")
def sound() -> Enterprises:
    """The same register without defects."""
    return Enterprises(Country(seed=5, people=40_000, defect_rate=0))


@pytest.fixture(scope="module")
def units(sound: Enterprises) -> list[Unit]:
    return all_units(sound, NOW)


def code(record: Record) -> str:
    return str(record["MainInformation"]["ENTERPRISE_GDT_CODE"])


def name(record: Record) -> str:
    return str(record["MainInformation"]["NAME"])


def php_upper(text: str) -> bool:
    return any(letter.isascii() and letter.isalpha() for letter in text) and text == re.sub(
        "[a-z]", lambda found: found[0].upper(), text
    )


def represented(record: Record) -> list[Record]:
    people = record["Representatives"]
    return [people] if isinstance(people, dict) else people


def nobody(register: Enterprises, number: str) -> bool:
    return len(number) == 12 and not register.country.find(number, NOW)


def owned_by_own(register: Enterprises, record: Record) -> bool:
    unit = register.unit(code(record), NOW)
    if unit is None or unit.form != FIRM or isinstance(record["Member"], dict):
        return False
    own = [register.records.code(Unit(FIRM, firm)) for firm in register.roles.subsidiaries(unit.place)]
    return any(member["MEMBER_ID_NO"] in own for member in record["Member"])


SYMPTOMS: dict[str, Symptom] = {
    "code_check_digit": lambda _e, r: len(code(r)) == 10 and mst.calc_check_digit(code(r)) not in (code(r)[9], "10"),
    "code_unissuable": lambda _e, r: len(code(r)) == 10 and mst.calc_check_digit(code(r)) == "10",
    "branch_suffix_000": lambda _e, r: code(r).endswith("-000"),
    "code_nobody": lambda e, r: nobody(e, code(r)),
    "name_null_literal": lambda _e, r: name(r) == "NULL",
    "name_trailing_spaces": lambda _e, r: name(r) != name(r).strip(),
    "name_nfd": lambda _e, r: name(r) != unicodedata.normalize("NFC", name(r)),
    "name_upper": lambda _e, r: name(r) != "NULL" and php_upper(name(r)),
    "person_upper": lambda _e, r: php_upper(represented(r)[0]["FULL_NAME"]),
    "person_nobody": lambda e, r: nobody(e, represented(r)[0]["ID_NO"]),
    "address_missing": lambda _e, r: not all(r["HOAdress"][part] for part in ("CityID", "WardID", "StreetNumber")),
    "ward_unknown": lambda _e, r: r["HOAdress"]["WardID"] == "99999",
    "list_as_object": lambda _e, r: any(
        isinstance(r[part], dict) for part in ("Member", "Representatives", "BusinessActivity")
    ),
    "capital_comma": lambda _e, r: "," in r["MainInformation"]["CAPITAL_AMOUNT"],
    "date_format": lambda _e, r: "-" in r["MainInformation"]["FOUNDING_DATE"],
    "status_unknown": lambda _e, r: r["MainInformation"]["ENTERPRISE_STATUS"] == "99",
    "circular_ownership": owned_by_own,
}


def test_every_defect_has_a_symptom() -> None:
    """The table of rates and the symptoms tested here name the same defects."""
    assert set(SYMPTOMS) == {*CODES, *CHANCES}


def test_symptoms_show_on_their_defects_alone(spoilt: Enterprises, units: list[Unit]) -> None:
    """An entry with a defect has that symptom, every other has none."""
    seen: Counter[str] = Counter()
    for unit in units:
        version = spoilt.version(unit, NOW) or 0
        record, defect = spoilt.detail(unit, version), spoilt.defect(unit, version)
        shown = {kind for kind, shows in SYMPTOMS.items() if shows(spoilt, record)}
        assert shown == ({defect} if defect else set())
        seen[defect or ""] += 1
    assert set(SYMPTOMS) <= set(seen)


def test_without_defects_there_is_none(sound: Enterprises, units: list[Unit]) -> None:
    """At rate 0 every detail is the clean one."""
    for unit in units[::4]:
        assert sound.defect(unit, sound.version(unit, NOW) or 0) is None
        assert sound.detail(unit, sound.version(unit, NOW) or 0) == sound.truth(unit, NOW)


def test_rates_are_those_of_the_table(spoilt: Enterprises, units: list[Unit]) -> None:
    """Of entries as of their approved dossiers, about the stated share has each defect that any entry can have."""
    anywhere = set(CHANCES) - {"circular_ownership", "person_nobody", "list_as_object"}
    versions = [(unit, step.time) for unit in units for step in spoilt.records.steps(unit, NOW)]
    right = [(unit, version) for unit, version in versions if spoilt.code_defect(unit) is None]
    found = Counter(spoilt.defect(unit, version) for unit, version in right)
    for defect in anywhere:
        wanted = CHANCES[defect] * TIMES * len(right)
        assert abs(found[defect] - wanted) < 4 * wanted**0.5, defect


def test_wrong_codes_come_at_their_rates(spoilt: Enterprises, units: list[Unit]) -> None:
    """Wrong codes are at the stated share of the entries that can have them."""
    for defect, form in (("branch_suffix_000", "branch"), ("code_nobody", "household")):
        able = [unit for unit in units if unit.form == form and unit.number < 2]
        wanted = CODES[defect] * TIMES * len(able)
        assert abs(sum(spoilt.code_defect(unit) == defect for unit in able) - wanted) < 4 * wanted**0.5 + 1


def test_a_wrong_code_stays_for_life(spoilt: Enterprises, units: list[Unit]) -> None:
    """A wrong code is the same in every version, finds its entry, and the right one finds nothing."""
    wrong = [unit for unit in units if spoilt.code_defect(unit)]
    assert len(wrong) > 50
    for unit in wrong:
        steps = spoilt.records.steps(unit, NOW)
        codes = {spoilt.detail(unit, step.time)["MainInformation"]["ENTERPRISE_GDT_CODE"] for step in steps}
        assert codes == {spoilt.code(unit)}
        assert spoilt.unit(spoilt.key(unit), NOW) == unit
        assert spoilt.unit(spoilt.records.code(unit), NOW) is None


def test_a_wrong_code_leads_nobody_astray(spoilt: Enterprises, units: list[Unit]) -> None:
    """Parents' and owners' codes are found though some codes are wrong, and no two entries share a key."""
    keys = {spoilt.key(unit) for unit in units}
    assert len(keys) == len(units)
    named = 0
    for unit in units:
        record = spoilt.records.write(unit, spoilt.version(unit, NOW) or 0)
        codes = [member["MEMBER_ID_NO"] for member in record["Member"] if member["MEMBER_ID_NO"].startswith("99")]
        codes += [record["MainInformation"].get("PARENT_GDT_CODE", "")]
        named += sum(code in keys for code in codes)
        assert all(code in keys for code in codes if code)
    assert named > 300


def test_the_injected_defects_are_listed(spoilt: Enterprises, units: list[Unit]) -> None:
    """The list for tests has every defect of the approved dossiers so far, in the list's order."""
    since = min(spoilt.records.steps(unit, NOW)[0].time for unit in units)
    listed = list(injected(spoilt, since, NOW + 1000))
    by_hand = Counter(
        (spoilt.key(unit), step.time, defect)
        for unit in units
        for step in spoilt.records.steps(unit, NOW)
        if (defect := spoilt.defect(unit, step.time))
    )
    assert Counter(tuple(each) for each in listed) == by_hand
    assert [each.version for each in listed] == sorted(each.version for each in listed)
