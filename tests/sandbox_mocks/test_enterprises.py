"""Enterprises and people agree in both directions, and every life is one that can be lived."""

from __future__ import annotations

from collections import defaultdict

import pytest

from sandbox_mocks.country import Country
from sandbox_mocks.country.enterprises import Enterprises, Unit
from sandbox_mocks.country.enterprises.plan import FIRM, HOUSEHOLD
from sandbox_mocks.country.timeline import HISTORY_END
from tests.sandbox_mocks.conftest import NOW


def all_units(enterprises: Enterprises, at: int) -> list[Unit]:
    """Lists every entry of a register at a moment."""
    units = [Unit(HOUSEHOLD, place) for place in range(enterprises.plan.total(HOUSEHOLD))]
    for firm in range(enterprises.plan.total(FIRM)):
        units.append(Unit(FIRM, firm))
        units += [Unit(form, firm, number) for form in ("branch", "location") for number in (1, 2)]
    return [unit for unit in units if enterprises.version(unit, at) is not None]


@pytest.fixture(scope="module")
def units(enterprises: Enterprises) -> list[Unit]:
    """All entries of the country with its defects."""
    return all_units(enterprises, NOW)


def test_every_form_is_there(units: list[Unit]) -> None:
    """The country has thousands of entries, some of each form."""
    count = {form: sum(unit.form == form for unit in units) for form in ("firm", "branch", "location", "household")}
    assert count["firm"] > 800
    assert count["household"] > 1_500
    assert count["branch"] > 100
    assert count["location"] > 100


def test_each_key_is_its_own_and_leads_back(enterprises: Enterprises, units: list[Unit]) -> None:
    """No two entries share a key, and every key, right or wrong, finds its entry."""
    keys = [enterprises.key(unit) for unit in units]
    assert len(set(keys)) == len(units)
    assert [enterprises.unit(key, NOW) for key in keys] == units


def test_nothing_is_found_before_it_is_founded(enterprises: Enterprises, units: list[Unit]) -> None:
    """An entry's key finds nothing until its first dossier was approved."""
    for unit in units[::7]:
        first = enterprises.records.steps(unit, NOW)[0].time
        assert enterprises.unit(enterprises.key(unit), first - 1) is None
        assert enterprises.unit(enterprises.key(unit), first) == unit


@pytest.mark.parametrize("key", ["", "9900000000", "100", "9912345678-001-2", "1" * 12, "x.00001", "9" * 10 + "-1"])
def test_a_key_of_nothing_finds_nothing(enterprises: Enterprises, key: str) -> None:
    """What is no key of an entry finds none."""
    assert enterprises.unit(key, NOW) is None


def test_ties_agree_in_both_directions(enterprises: Enterprises, units: list[Unit], country: Country) -> None:
    """Whoever an entry names is tied to it when asked from the person's side, and nobody else is."""
    expected: dict[int, set[tuple[Unit, str]]] = defaultdict(set)
    for unit in units:
        for tie in enterprises.ties(unit, NOW):
            expected[tie.person].add((unit, tie.role))
    assert len(expected) > 3_000
    for person in range(country.total):
        assert {(tie.unit, tie.role) for tie in enterprises.of_person(person, NOW)} == expected.get(person, set())


def test_a_detail_names_the_people_of_its_ties(enterprises: Enterprises, units: list[Unit], country: Country) -> None:
    """Names, numbers and birth dates are those of the population register when the last dossier was approved."""
    for unit in units[::3]:
        version = enterprises.version(unit, NOW) or 0
        truth = enterprises.truth(unit, NOW)
        assert truth is not None
        written = {(each["FULL_NAME"], each["ID_NO"], each["BIRTH_DATE"][-4:]) for each in truth["Representatives"]}
        people = [tie.person for tie in enterprises.ties(unit, NOW) if tie.role == "representative"]
        wanted = set()
        for person in people:
            record = country.records.write(person, version)
            birth = record["NgayThangNamSinh"]
            name = " ".join(part for part in record["HoVaTen"].values() if part)
            wanted.add((name, record["SoDinhDanh"], (birth.get("NgayThangNam") or birth["Nam"])[:4]))
        assert written == wanted
        assert truth["MainInformation"]["LEGAL_NAMES"].split(";") == [
            each["FULL_NAME"] for each in truth["Representatives"]
        ]


def test_everyone_was_of_age_at_the_founding(enterprises: Enterprises, units: list[Unit], country: Country) -> None:
    """No founder or first owner was a minor."""
    for unit in units:
        first = enterprises.records.steps(unit, NOW)[0].time
        truth = enterprises.truth(unit, first)
        assert truth is not None
        founded = int(truth["MainInformation"]["FOUNDING_DATE"][-4:])
        assert all(founded - country.demography.place(tie.person).year > 18 for tie in enterprises.ties(unit, first))


def test_few_representatives_are_dead(enterprises: Enterprises, units: list[Unit], country: Country) -> None:
    """Most representatives live; some died and nobody told the register: that defect comes by itself."""
    living, dead = 0, 0
    for unit in units:
        truth = enterprises.truth(unit, NOW)
        if truth is None or truth["MainInformation"]["ENTERPRISE_STATUS"] != "00":
            continue
        for tie in enterprises.ties(unit, NOW):
            if tie.role == "representative":
                died = enterprises.history.died(tie.person)
                dead += died is not None and died <= NOW
                living += died is None or died > NOW
    assert 0.002 < dead / (living + dead) < 0.03


def test_some_people_represent_two_firms(enterprises: Enterprises, country: Country) -> None:
    """A demonstration finds people who represent two firms, and no household business shares its owner."""
    found = 0
    for person in range(country.total):
        ties = [tie for tie in enterprises.of_person(person, NOW) if tie.role == "representative"]
        found += sum(tie.unit.form == FIRM for tie in ties) > 1
    assert found > 10


def test_chains_of_owners_end(enterprises: Enterprises) -> None:
    """Some firms own others, over several steps, and no chain comes back to where it began."""
    deepest, owned = 0, 0
    for firm in range(enterprises.plan.total(FIRM)):
        chain = [firm]
        while (parent := enterprises.roles.parent(chain[-1])) is not None:
            assert parent not in chain
            assert chain[-1] in enterprises.roles.subsidiaries(parent)
            chain.append(parent)
        deepest = max(deepest, len(chain))
        owned += len(chain) > 1
    assert deepest >= 3
    assert 0.03 < owned / enterprises.plan.total(FIRM) < 0.2


def test_an_owning_firm_is_named_by_its_code(enterprises: Enterprises) -> None:
    """A firm that is a member of another is listed there with name and code."""
    for firm in range(enterprises.plan.total(FIRM)):
        parent = enterprises.roles.parent(firm)
        truth = enterprises.truth(Unit(FIRM, firm), NOW)
        if truth is None or parent is None:
            continue
        assert enterprises.records.code(Unit(FIRM, parent)) in [each["MEMBER_ID_NO"] for each in truth["Member"]]


def test_shares_add_up(enterprises: Enterprises, units: list[Unit]) -> None:
    """Members' shares are a whole."""
    for unit in units[::5]:
        truth = enterprises.truth(unit, NOW)
        assert truth is not None
        shares = [int(each["RATIO_PERCENT"]) for each in truth["Member"]]
        assert sum(shares) == (100 if unit.form in (FIRM, HOUSEHOLD) else 0)


def test_nobody_owns_two_private_enterprises(large: Country) -> None:
    """The law allows one private enterprise or partnership to a person, even to one who represents two firms."""
    enterprises = Enterprises(large)
    roles = enterprises.roles
    firms: dict[int, list[str]] = defaultdict(list)
    for firm in range(enterprises.plan.total(FIRM)):
        firms[roles.candidate(firm, 0)].append(roles.type(firm))
    shared = [kinds for kinds in firms.values() if len(kinds) > 1]
    assert len(shared) > 5_000
    assert any("1" in kinds for kinds in shared)
    assert all(sum(kind in ("1", "5") for kind in kinds) < 2 for kinds in shared)


def test_a_household_is_under_its_owners_number(enterprises: Enterprises, country: Country) -> None:
    """A household business has the number that its owner had then; a few were replaced since."""
    stale = 0
    for place in range(enterprises.plan.total(HOUSEHOLD)):
        unit = Unit(HOUSEHOLD, place)
        if enterprises.version(unit, NOW) is None:
            continue
        owner = enterprises.people.representatives(unit, NOW)[0]
        code = enterprises.records.code(unit)
        assert code.startswith("100")
        assert [holder.person for holder in country.find(code, NOW)] == [owner]
        stale += code != country.records.number(country.demography.place(owner), NOW)
    assert 0 < stale < 0.02 * enterprises.plan.total(HOUSEHOLD)


@pytest.mark.parametrize("people", [1, 10, 100])
def test_tiny_countries_have_registers(people: int) -> None:
    """A country too small for an enterprise has an empty register, not an error."""
    small = Enterprises(Country(3, people))
    assert len(all_units(small, NOW)) <= people
    assert small.dossiers(0, HISTORY_END) is not None
