"""What a pipeline relies on when it goes on from where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from pydantic import ValidationError

from connectors.paging import MAX_PAGE_SIZE
from schemas.drift import unknown_fields, validate_known
from tests.conformance.answers import STRANGE
from tests.conformance.checks.paging import position
from tests.conformance.suite import check
from tests.conformance.trial import Trial
from tests.conformance.wire import body


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@check("feed")
async def windows_meet(trial: Trial) -> None:
    """Two windows that meet give what one window gives: nothing falls between them and nothing comes twice."""
    whole = await trial.read()
    middle = _moment(position(whole[len(whole) // 2])[0])
    halves = await trial.read(until=middle) + await trial.read(middle)
    assert whole == halves, f"{len(halves)} records in two windows, {len(whole)} in one"


@check("feed")
async def any_zone(trial: Trial) -> None:
    """A window means the same moments in whatever zone it is written."""
    expected = await trial.read()
    for hours in (7, -11):
        zone = timezone(timedelta(hours=hours))
        again = await trial.read(trial.feed.since.astimezone(zone), trial.feed.until.astimezone(zone))
        assert expected == again, f"a window at {hours:+} hours gives something else"


@check("feed")
async def watermark_overlap(trial: Trial) -> None:
    """What is read again before the watermark is the same as the first time, so that a pipeline can tell it is."""
    overlap: timedelta = trial.connector.feeds[trial.feed.method].overlap
    assert overlap > timedelta(0), "the feed declares no overlap"
    whole = await trial.read()
    since = max(trial.feed.since, _moment(position(whole[-1])[0]) - overlap)
    again = await trial.read(since)
    assert again, "the record at the watermark was not read again"
    assert whole[-len(again) :] == again, "records that were read again have changed"


@check("feed", "tombstones")
async def tombstones(trial: Trial) -> None:
    """A withdrawn record comes as an entry of its own, with key and version: silence would keep it alive here."""
    gone = [entry for entry in await trial.read() if entry.status in trial.feed.withdrawn]
    assert gone, "no withdrawn record came"
    assert all(entry.key and entry.version > 0 for entry in gone), "a withdrawn record without key or version"


@check("feed", "keys")
async def keys_agree(trial: Trial) -> None:
    """The key list names every key of the feed once, as it stood last: reconciliation compares them."""
    latest: dict[str, int] = {}
    for entry in await trial.read():
        moment, key = position(entry)
        latest[key] = max(moment, latest.get(key, 0))
    walk = trial.connect().keys(trial.feed.until, page_size=MAX_PAGE_SIZE)  # type: ignore[attr-defined]
    keys = [key async for page in walk for key in page.entries]
    known = {key.key: key.version for key in keys}
    assert len(keys) == len(known), "a key came twice"
    assert latest.items() <= known.items(), "keys of the feed are missing from the list, or stand at another moment"
    assert not trial.feed.whole or latest == known, "the list has keys that no feed ever told"


@check("feed")
async def bodies_fit_the_model(trial: Trial) -> None:
    """Bodies are JSON records of the declared model; that model refuses what it does not know, without a value."""
    model = trial.connector.feeds[trial.feed.method].model
    bodies = [entry.body for entry in await trial.read() if entry.body]
    assert bodies, "no entry has a body"
    for raw in bodies:
        try:
            model.model_validate_json(raw)
        except ValidationError as error:
            places = {".".join(map(str, part["loc"])) for part in error.errors(include_input=False)}
            raise AssertionError(f"bodies do not fit the model at {sorted(places)}") from None


@check("http", "feed")
async def drift_in_a_feed(trial: Trial) -> None:
    """A new field passes in the body, is found there by name, refused by the model and left out under `evolve`."""
    await trial.faults({"kind": "drift", "field": STRANGE})
    model = trial.connector.feeds[trial.feed.method].model
    bodies = [json.loads(entry.body) for entry in await trial.read() if entry.body]
    drifted = [raw for raw in bodies if any(path.endswith(STRANGE) for path in unknown_fields(raw, model))]
    assert drifted, "the new field never reached the pipeline, which decides about it"
    assert STRANGE not in validate_known(drifted[0], model).model_dump_json(), "`evolve` kept the new field"
    try:
        model.model_validate(drifted[0])
    except ValidationError as error:
        assert "giá trị mới" not in str(error), "the model's error shows the value"
    else:
        raise AssertionError(f"{model.__name__} takes a field that it does not know: freeze and quarantine see nothing")


@check("http", "feed")
async def asks_about_the_wanted(trial: Trial) -> None:
    """A feed in two steps asks about wanted records alone, in a walk and in the key list; the others come unasked."""
    feed = trial.feed
    assert (feed.details is not None) is trial.connector.feeds[feed.method].in_two_steps, "`wanted` without details"
    if feed.details is None:
        return
    everything = await trial.read()
    wanted = {entry.key for entry in everything[::3]}
    asked: list[str] = []

    def choose(keys: Sequence[str]) -> set[str]:
        asked.extend(keys)
        return wanted.intersection(keys)

    trial.wire.forget()
    chosen = await trial.read(wanted=choose)
    assert trial.wire.count(feed.details) <= sum(entry.key in wanted for entry in everything), "others were asked about"
    assert {entry.key for entry in everything} <= set(asked), "a record was left out before the hub was asked about it"
    assert [position(entry) for entry in everything] == [position(entry) for entry in chosen], "the list is another"
    for entry, again in zip(everything, chosen, strict=True):
        assert again == entry if entry.key in wanted else again.body == b"", "a wanted record differs, or another came"


@check("http", "feed")
async def single_entry_page(trial: Trial) -> None:
    """A page of one record is a list of one, however the register writes that."""
    expected = (await anext(trial.pages(size=1))).entries
    trial.script(body(trial.twin.answers.bare), operation=trial.feed.operation)
    assert expected == (await anext(trial.pages(size=1))).entries, "a bare record is not read as a list of one"
