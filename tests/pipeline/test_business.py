"""The business register through the pipeline: enterprises become records of their own kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from connectors.base import epoch_ms
from hub.pipeline.context import Context
from hub.pipeline.run import run_feed
from hub.trust.sealing import record_aad, subject_aad, unseal
from sandbox_mocks.country.enterprises import Enterprises
from schemas.canonical import kinds
from tests.pipeline.conftest import ENTERPRISES, FEED, MakeContext, MakeTwin, Twin, at, rows
from tests.store.population import publish, row
from tests.store.roles import told

WINDOW = {"since": at("2026-09-01"), "until": at("2026-11-01")}
_STORED = """
select r.identifier_id, r.subject_id, r.sealed, k.master_version, k.wrapped_key, i.sealed
  from hub.record r join hub.subject_identifier i using (identifier_id) join hub.subject_key k
    on k.subject_id = r.subject_id
 where r.register = 'business' and r.kind = 'organisation' and i.scheme = %s
"""


def stored(context: Context) -> Iterator[dict[str, Any]]:
    """Opens every enterprise of the store."""
    for place, subject, sealed, master, wrapped, _ in rows(context, _STORED, kinds()["organisation"].scheme):
        key = context.ring.unwrap(master, wrapped, subject_aad(subject))
        yield orjson.loads(unseal(key, sealed, record_aad("business", "organisation", place)))


def changed_units(twin: Twin) -> dict[str, Any]:
    """Names every entry that had a dossier approved in the window, by the twin's own account."""
    enterprises = Enterprises(twin.country)
    since, until = (epoch_ms(moment) for moment in WINDOW.values())
    found = enterprises.dossiers(since, until)
    return {enterprises.key(each.unit): each.unit for each in found if each.approved}


@pytest.fixture
def clean(make_twin: MakeTwin) -> Twin:
    return make_twin(people=4000, defect_rate=0)


def test_enterprises_are_copied_as_the_register_has_them(clean: Twin, make_context: MakeContext) -> None:
    """Every enterprise that changed in the window stands in the store, with the people behind it, as the twin says."""
    context = make_context(clean)

    outcome = run_feed(ENTERPRISES, context, **WINDOW)

    assert len(outcome.published) == 1
    assert outcome.parked is None
    records = {record["code"]: record for record in stored(context)}
    assert len(records) > 10
    enterprises, now = Enterprises(clean.country), epoch_ms(datetime.now(UTC))
    units = changed_units(clean)
    assert rows(context, "select rule_id, field from hub.quarantine") == []
    assert records.keys() == units.keys()
    for code, record in records.items():
        truth = enterprises.truth(units[code], now)
        assert truth is not None
        assert record["name.full"] == truth["MainInformation"]["NAME"]
        assert [each.get("personal_id") for each in record.get("representatives", ())] == [
            each["ID_NO"] for each in truth["Representatives"]
        ]


def test_roles_are_those_that_the_register_tells(clean: Twin, make_context: MakeContext) -> None:
    """Who represents and who owns each enterprise stands in the store as numbers that the twin names, and no other."""
    context = make_context(clean)

    run_feed(ENTERPRISES, context, **WINDOW)

    enterprises, now = Enterprises(clean.country), epoch_ms(datetime.now(UTC))
    expected = set()
    for code, unit in changed_units(clean).items():
        truth = enterprises.truth(unit, now)
        assert truth is not None
        expected |= {("represents", each["ID_NO"], code) for each in truth["Representatives"]}
        expected |= {("owns", each["MEMBER_ID_NO"], code) for each in truth["Member"] if each["COUNTRY"] == "VN"}
    with context.connect() as conn:
        found = {(kind, holder, code) for holder, kind, code in told(conn, context.ring)}
    assert {kind for kind, _, _ in expected} == {"represents", "owns"}
    assert found == expected


def test_an_identical_window_rewrites_no_enterprise(clean: Twin, make_context: MakeContext) -> None:
    """The same window once more is unchanged, row for row."""
    context = make_context(clean)
    run_feed(ENTERPRISES, context, **WINDOW)
    before = rows(context, "select xmin, ctid from hub.record order by identifier_id")
    roles = rows(context, "select xmin, ctid from hub.role order by ctid")

    run_feed(ENTERPRISES, context, **WINDOW)

    assert roles == rows(context, "select xmin, ctid from hub.role order by ctid")
    assert before == rows(context, "select xmin, ctid from hub.record order by identifier_id")
    published, unchanged = rows(context, "select published, unchanged from hub.ledger order by written_at desc")[0]
    assert (published, unchanged) == (0, len(before))


def test_defects_of_the_register_are_kept_back(make_twin: MakeTwin, make_context: MakeContext) -> None:
    """What is wrong with an enterprise waits in quarantine under a rule, and the ledger balances."""
    context = make_context(make_twin(people=6000, defect_rate=30))

    run_feed(ENTERPRISES, context, **WINDOW)

    found = dict(rows(context, "select rule_id, count(*) from hub.quarantine group by 1"))
    assert {"format.enterprise_code", "code.unknown"} <= set(found)
    (ledger,) = rows(context, "select fetched, published + unchanged + superseded, quarantined from hub.ledger")
    assert ledger[0] == ledger[1] + ledger[2] + rows(context, "select duplicate from hub.ledger")[0][0]
    assert ledger[1] > 0


def test_people_and_enterprises_stand_side_by_side(clean: Twin, make_context: MakeContext) -> None:
    """Both feeds fill one store; a household business is another subject than the owner whose number it goes by."""
    context = make_context(clean)
    run_feed(FEED, context, since=at("2026-09-01"), until=at("2026-09-05"))
    run_feed(ENTERPRISES, context, **WINDOW)

    kinds = dict(rows(context, "select kind, count(*) from hub.subject group by 1"))
    assert kinds["person"] > 0
    assert kinds["organisation"] == len(list(stored(context)))


def test_enterprise_of_a_dead_representative_is_published_with_a_warning(
    clean: Twin, make_context: MakeContext
) -> None:
    """An enterprise whose representative the population calls dead stands in the store, and the report says so."""
    context, enterprises, now = make_context(clean), Enterprises(clean.country), epoch_ms(datetime.now(UTC))
    truths = {code: enterprises.truth(unit, now) for code, unit in changed_units(clean).items()}
    named = {
        code: {each["ID_NO"] for each in truth["Representatives"]}
        for code, truth in truths.items()
        if truth and truth["MainInformation"]["ENTERPRISE_STATUS"] != "01"
    }
    dead = min(number for numbers in named.values() for number in numbers)
    with context.connect() as conn:
        publish(conn, context.ring, row(dead, 1, '{"life_status": "deceased"}'))

    run_feed(ENTERPRISES, context, **WINDOW)

    said = "select severity, records from hub.rule_result where rule_id = 'mismatch.representative_deceased'"
    concerned = {code for code, numbers in named.items() if dead in numbers}
    assert rows(context, said) == [("warn", len(concerned))]
    assert concerned <= {record["code"] for record in stored(context)}
