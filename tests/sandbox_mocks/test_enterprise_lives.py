"""The lives of enterprises: in order, within the law, and each change shows."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from itertools import pairwise

import pytest

from sandbox_mocks.country.enterprises import Enterprises, Unit
from sandbox_mocks.country.enterprises.plan import FIRM, FOLLOWS, HOUSEHOLD
from sandbox_mocks.country.timeline import HISTORY_END, VIETNAM, epoch_ms
from tests.sandbox_mocks.business_caller import moment
from tests.sandbox_mocks.conftest import NOW
from tests.sandbox_mocks.test_enterprises import all_units


@pytest.fixture(scope="module")
def units(enterprises: Enterprises) -> list[Unit]:
    """All entries of the country with its defects."""
    return all_units(enterprises, NOW)


def test_each_approved_dossier_changes_the_entry(enterprises: Enterprises, units: list[Unit]) -> None:
    """LAST_AMEND_DATE is the time of the last approval, and each approval after the first counts as one change."""
    for unit in units[::5]:
        counts = []
        for step in enterprises.records.steps(unit, NOW):
            main = enterprises.records.write(unit, step.time)["MainInformation"]
            assert moment(main["LAST_AMEND_DATE"]) == step.time
            assert main["ENTERPRISE_STATUS"] == step.status
            counts.append(int(main["NUMBER_CHANGES"]))
        assert counts == list(range(counts[0], counts[0] + len(counts)))
        loaded = unit.form in (FIRM, HOUSEHOLD) and enterprises.plan.cohort(unit.form, unit.place)[0] == 0
        assert 0 <= counts[0] < (5 if loaded else 1)


def test_lives_are_in_order(enterprises: Enterprises) -> None:
    """Founded first; nothing is approved once closed; resumption follows suspension."""
    kinds: set[str] = set()
    for form in (FIRM, HOUSEHOLD):
        for place in range(enterprises.plan.total(form)):
            steps = [step for step in enterprises.history.life(form, place).steps if step.unit == Unit(form, place)]
            approved = [step for step in steps if step.process == "3"]
            assert approved[0].document == "NEW" and approved[0] == steps[0]
            assert [step.time for step in steps] == sorted(step.time for step in steps)
            for before, step in pairwise(approved):
                assert before.status != "01"
                assert step.status != "00" or before.status in ("00", "05")
                assert step.kind != "resume" or before.status == "05"
            kinds |= {step.kind for step in steps}
    assert {"rename", "move", "capital", "represent", "suspend", "resume", "dissolve", "close", "attempt"} <= kinds


def test_what_follows_comes_later(enterprises: Enterprises) -> None:
    """A resumption follows its suspension, a closure its dissolution, and a site's later dossiers its founding."""
    followed = 0
    for form in (FIRM, HOUSEHOLD):
        for place in range(enterprises.plan.total(form)):
            times = {step.kind: step.time for step in enterprises.history.life(form, place).steps}
            for kind, (lead, years) in FOLLOWS[form].items():
                if kind in times:
                    followed += 1
                    assert 0 < times[kind] - times[lead] < (years + 1) * 366 * 86_400_000
                else:
                    assert lead not in times or times[lead] > HISTORY_END - (years + 1) * 366 * 86_400_000
    assert followed > 500


def test_sites_are_founded_under_open_firms(enterprises: Enterprises) -> None:
    """A branch or location is founded while its firm is open, the second one after the first, else refused."""
    founded, refused = 0, 0
    for firm in range(enterprises.plan.total(FIRM)):
        status, open_sites = "00", set()
        for step in enterprises.history.life(FIRM, firm).steps:
            if step.unit.form == FIRM:
                status = step.status
                refused += step.document == "NEW" and step.process != "3"
            elif step.document == "NEW":
                founded += 1
                assert status in ("00", "05")
                assert step.unit.number == 1 or step.unit._replace(number=1) in open_sites
                open_sites.add(step.unit)
            elif step.status == "01":
                open_sites.discard(step.unit)
    assert founded > 300
    assert refused > 5


def test_renaming_and_moving_show(enterprises: Enterprises) -> None:
    """A change of name, address or capital is one."""
    fields = {
        "rename": lambda record: record["MainInformation"]["NAME"],
        "move": lambda record: record["HOAdress"]["AddressFullText"],
        "capital": lambda record: record["MainInformation"]["CAPITAL_AMOUNT"],
        "represent": lambda record: record["Representatives"][0]["ID_NO"],
    }
    changed: dict[str, list[bool]] = defaultdict(list)
    for firm in range(enterprises.plan.total(FIRM)):
        unit = Unit(FIRM, firm)
        for before, step in pairwise(enterprises.records.steps(unit, HISTORY_END)):
            if step.kind in fields:
                read = fields[step.kind]
                was, now = enterprises.records.write(unit, before.time), enterprises.records.write(unit, step.time)
                changed[step.kind].append(read(was) != read(now))
    assert set(changed) == set(fields)
    assert all(sum(each) > 0.85 * len(each) for each in changed.values())


def test_a_death_is_followed_by_another_representative(enterprises: Enterprises, units: list[Unit]) -> None:
    """After a delay the firm has another representative and the household business is closed."""
    followed = 0
    for unit in units:
        steps = enterprises.records.steps(unit, HISTORY_END)
        for step in steps:
            if step.kind != "succession":
                continue
            followed += 1
            before = enterprises.people.representatives(unit, step.time - 1)[0]
            died = enterprises.history.died(before)
            assert died is not None and died < step.time
            if unit.form == HOUSEHOLD:
                assert step.status == "01"
            else:
                assert enterprises.people.representatives(unit, step.time)[0] != before
    assert followed > 10


def test_addresses_follow_the_reform(enterprises: Enterprises, units: list[Unit]) -> None:
    """A dossier since July 2025 writes a ward of today without a district; an older one stays as it was."""
    reform = epoch_ms(datetime(2025, 7, 1, tzinfo=VIETNAM))
    seen = set()
    for unit in units:
        version = enterprises.version(unit, NOW) or 0
        address = enterprises.records.write(unit, version)["HOAdress"]
        seen.add(version >= reform)
        assert (address["DistrictID"] == "") is (version >= reform)
        assert (address["WardID"] < "30001") is (version >= reform)
    assert seen == {True, False}
