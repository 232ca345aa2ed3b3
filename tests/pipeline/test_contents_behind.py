"""Contents that lag behind their announced change: never published as new, never lost, asked for again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from connectors import registry
from connectors.base import Connector, RetryBudget, epoch_ms
from connectors.memory import memory_ports
from hub.mapping.examples import overlay
from hub.pipeline.check import check
from hub.pipeline.context import Context
from hub.pipeline.decisions import release_entry
from hub.pipeline.errors import ReleaseRefused
from hub.pipeline.fetch import fetch
from hub.pipeline.landing import slices
from hub.pipeline.reconcile import reconcile
from hub.pipeline.run import run_feed
from hub.quality.examples import GOOD_ENTERPRISE_WIRE, GOOD_VERSION
from hub.quality.rules import RULES
from hub.settings import Settings
from hub.store import batches
from sandbox_mocks.country.enterprises import Enterprises
from tests.conformance.trial import FreeBudget
from tests.pipeline.conftest import ENTERPRISES, SECRETS, MakeContext, MakeTwin, Twin, at, rows

STALE = "stale.contents_behind"
DETAIL = "chiTietDoanhNghiep"
OPEN = "select count(*) from hub.quarantine where rule_id = 'stale.contents_behind' and status = 'open'"
BACKFILLS = "select count(*) from hub.batch where backfill"
NOW = at("2026-11-20T03:00:00")


@pytest.fixture
def country(make_twin: MakeTwin) -> Twin:
    twin = make_twin(people=2000, defect_rate=0)
    twin.set_clock(NOW + timedelta(minutes=1))
    return twin


@pytest.fixture
def context(country: Twin, make_context: MakeContext) -> Context:
    def make(settings: Settings, register: str, settle_lag: timedelta) -> Connector:
        return registry()[register](
            settings.registers[register],
            replace(memory_ports(SECRETS), budget=FreeBudget()),
            environment="sandbox",
            transport=country.transport(),
            settle_lag=settle_lag,
            retry=RetryBudget(attempts=2, first_wait=0.001),
        )

    return replace(make_context(country), make_connector=make)


def truth(twin: Twin) -> dict[str, int]:
    """Names every enterprise of the register with its latest approval."""
    enterprises = Enterprises(twin.country)
    found = enterprises.dossiers(0, epoch_ms(NOW))
    return {enterprises.key(each.unit): each.time for each in found if each.approved}


def assert_nothing_lost(context: Context, twin: Twin) -> None:
    """Holds the store against the register: every enterprise once, none older than its last approval."""
    index = context.ring.index_versions[0]
    stored = dict(
        rows(
            context,
            "select encode(i.blind_index, 'hex'), r.source_version from hub.record r"
            " join hub.subject_identifier i using (identifier_id) where r.register = 'business'",
        )
    )
    expected = {
        context.ring.blind_index(index, "enterprise_code", key).hex(): moment for key, moment in truth(twin).items()
    }
    assert expected == stored


def test_lagging_contents_wait_and_are_read_again(country: Twin, context: Context) -> None:
    """What is older than its announced change waits under its rule, and is published once the source has caught up."""
    country.script({"kind": "behind", "operation": DETAIL, "days": 60})
    run_feed(ENTERPRISES, context)
    behind = sum(moment > epoch_ms(NOW - timedelta(days=60)) for moment in truth(country).values())
    assert behind > 3
    assert rows(context, OPEN) == [(behind,)]
    assert rows(context, "select distinct error_group, severity from hub.quarantine") == [("stale", "quarantine")]
    assert reconcile(ENTERPRISES, context).quarantined > 0
    country.control("DELETE", "/_sandbox/faults")

    run_feed(ENTERPRISES, context)

    assert rows(context, OPEN) == [(0,)]
    closed = rows(context, "select distinct status, closed_by from hub.quarantine")
    assert closed == [("corrected", "hub")]
    assert_nothing_lost(context, country)


def test_a_source_that_stays_behind_is_asked_ever_more_rarely(country: Twin, context: Context) -> None:
    """Each new reading waits twice as long as the last and keeps no second entry; the due day ends them."""
    country.script({"kind": "behind", "operation": DETAIL, "days": 60})
    run_feed(ENTERPRISES, context)
    waiting = rows(context, OPEN)
    run_feed(ENTERPRISES, context)
    once = rows(context, BACKFILLS)[0][0]
    assert once > 0
    with context.connect() as conn:
        # It came an hour ago, and was last read three quarters of an hour later.
        conn.execute("update hub.quarantine set opened_at = now() - interval '1 hour'")
        conn.execute("update hub.batch set created_at = now() - interval '15 minutes'")

    run_feed(ENTERPRISES, context)

    assert rows(context, BACKFILLS) == [(once,)], "asked again too soon"
    with context.connect() as conn:
        conn.execute("update hub.batch set created_at = now() - interval '35 minutes'")
    run_feed(ENTERPRISES, context)
    again = rows(context, BACKFILLS)[0][0]
    assert again > once, "not asked again"
    assert waiting == rows(context, OPEN)
    with context.connect() as conn:
        conn.execute("update hub.batch set created_at = now() - interval '35 minutes'")
        conn.execute("update hub.quarantine set due_on = current_date - 2")
    run_feed(ENTERPRISES, context)
    assert rows(context, BACKFILLS) == [(again,)], "asked again after the deadline"


def test_a_batch_that_is_mostly_behind_needs_no_human(country: Twin, context: Context) -> None:
    """A replica that lags for all is no reason to stop the feed: it is read again by itself."""
    country.script({"kind": "behind", "operation": DETAIL, "days": 10_000})

    outcome = run_feed(ENTERPRISES, context)

    assert outcome.parked is None
    assert rows(context, "select count(distinct key_digest) from hub.quarantine") == [(len(truth(country)),)]


@pytest.mark.parametrize(("patch", "refused"), [({}, []), (RULES[STALE].counter_example.patches[0], [STALE])])
def test_the_counter_example_trips_the_rule_alone(
    country: Twin, context: Context, patch: dict[str, Any], refused: list[str]
) -> None:
    """The rule speaks about contents that are older than their announced change, and about no others."""
    batch_id = fetch(ENTERPRISES, context, since=at("2026-10-01"), until=at("2026-11-01")).batches[0]
    with context.connect() as conn:
        landed = context.landed(batches.load_batch(conn, batch_id))  # type: ignore[arg-type]
    header, payload = landed.read("page-00001")
    bodies = [bytes(each) for each in slices([entry[3] for entry in header], payload)]
    bodies[0] = orjson.dumps(overlay(dict(GOOD_ENTERPRISE_WIRE), dict(patch)))
    version = GOOD_VERSION - 86_400_000 if patch else GOOD_VERSION
    header[0] = ["0314409058", version, "00", len(bodies[0]), GOOD_VERSION]
    landed.write("page-00001", header, bodies)

    check(batch_id, context)  # type: ignore[arg-type]

    assert [row[0] for row in rows(context, "select rule_id from hub.rule_result")] == refused


def test_a_steward_may_release_contents_that_stay_behind(country: Twin, context: Context) -> None:
    """On a steward's word the older contents are published, under their own version; empty ones can't be."""
    country.script({"kind": "behind", "operation": DETAIL, "days": 60})
    run_feed(ENTERPRISES, context, since=NOW - timedelta(days=50), until=NOW)
    entries = rows(
        context,
        "select entry_id, source_version, announced from hub.quarantine where status = 'open' order by source_version",
    )
    old = next(entry for entry, version, announced in entries if version < announced)

    release = release_entry(old, "steward", "the register says it is right", context)

    assert release.outcome == "published"
    assert rows(context, "select status from hub.quarantine where entry_id = %s", old) == [("released",)]
    empty = next(entry for entry, version, announced in entries if version == announced)
    with pytest.raises(ReleaseRefused, match=r"wire\.not_json"):
        release_entry(empty, "steward", "the register says it is right", context)
