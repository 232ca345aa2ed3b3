"""Quarantined records: sealed, listed without values, released on a steward's word."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from uuid import UUID

import pytest

from hub.pipeline.context import Context
from hub.pipeline.decisions import release_entry
from hub.pipeline.errors import ReleaseRefused
from hub.pipeline.run import run_feed
from hub.store import quarantine
from tests.pipeline.conftest import FEED, MakeContext, MakeTwin, rows


@pytest.fixture
def filled(make_twin: MakeTwin, make_context: MakeContext) -> Context:
    """A store whose quarantine holds records of every layer."""
    context = make_context(make_twin(people=800, defect_rate=5.0), page_size=500)
    run_feed(FEED, context)
    return context


def entry_of(context: Context, rule: str) -> UUID:
    """Returns an open entry of a rule whose key is not in the store yet."""
    with context.connect() as conn:
        return quarantine.list_entries(conn, rule_id=rule)[0].entry_id


def test_an_overridden_rule_publishes_the_record(filled: Context) -> None:
    """A record that a row rule refused is published as it is when a steward says so, and the log tells who did."""
    before = rows(filled, "select count(*) from hub.record")[0][0]
    entry = entry_of(filled, "conflict.number_gender")
    done = release_entry(entry, "steward", "the decision on the change of sex is on file", filled)
    assert done.outcome in ("published", "superseded")
    with filled.connect() as conn:
        closed = quarantine.load_entry(conn, entry)
    assert closed.status == ("released" if done.outcome == "published" else "discarded")
    assert closed.closed_by == "steward"
    assert rows(filled, "select count(*) from hub.record")[0][0] - before in (0, 1)
    assert rows(filled, "select count(*) from hub.exchange_log where kind = 'steward'") == [(1,)]


def test_a_record_that_cannot_be_mapped_stays_refused(filled: Context) -> None:
    """No word of a human makes an unknown code known: the message names the rule and the next step."""
    entry = entry_of(filled, "code.unknown")
    with pytest.raises(ReleaseRefused, match=r"code\.unknown.*mend the mapping"):
        release_entry(entry, "steward", "please let it through", filled)
    with filled.connect() as conn:
        assert quarantine.load_entry(conn, entry).status == "open"


def test_a_second_release_is_refused(filled: Context) -> None:
    """Two stewards on one record: the second one is told."""
    entry = entry_of(filled, "conflict.number_gender")
    release_entry(entry, "first", "the decision is on file", filled)
    with pytest.raises(ReleaseRefused, match="already"):
        release_entry(entry, "second", "the decision is on file", filled)


def test_a_release_never_overwrites_something_newer(filled: Context) -> None:
    """A released record that is older than the stored one is closed as overtaken and changes nothing."""
    overtaken = rows(
        filled,
        "select q.entry_id from hub.quarantine q where q.sealed_canonical is not null and q.status = 'open'",
    )
    before = rows(filled, "select identifier_id, source_version from hub.record")
    newest = dict(before)
    for (entry,) in overtaken[:40]:
        # Of two contents under one version only the first can be released: the second says so.
        with suppress(ReleaseRefused):
            release_entry(entry, "steward", "releasing them all", filled)
    after = dict(rows(filled, "select identifier_id, source_version from hub.record"))
    assert all(after[key] >= version for key, version in newest.items())


def test_the_list_shows_no_value(filled: Context) -> None:
    """Entries name rule, field and stage; the documents open only by their own key."""
    with filled.connect() as conn:
        entries = quarantine.list_entries(conn, limit=1000)
        wire, _ = quarantine.open_documents(conn, filled.ring, entries[0].entry_id)
    assert wire.startswith(b"{")
    assert "100" not in "".join(entry.field + entry.rule_id for entry in entries)
    assert {"wire", "mapping", "row", "cross_row"} >= {entry.stage for entry in entries}


@pytest.mark.parametrize(
    ("opened", "severity", "due"),
    [
        (date(2026, 12, 30), "stop", date(2027, 1, 7)),
        (date(2026, 4, 28), "quarantine", date(2026, 5, 14)),
    ],
)
def test_deadlines_count_working_days(opened: date, severity: str, due: date) -> None:
    """Weekends and public holidays (here: New Year, 30 April and 1 May) do not count."""
    assert quarantine.due_date(opened, severity) == due
