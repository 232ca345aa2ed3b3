"""The feed of enterprises: windows, lists, details, and what comes out in which order."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.base import Courtesy
from connectors.business import BEGINNING, MAX_BODY
from connectors.errors import BrokenContract, ConnectorError, Refused, Unavailable
from tests.connectors.conftest import Brisk
from tests.connectors.enterprises import UNTIL, Make, fill, pages, read
from tests.connectors.lgsp import NOW, Lgsp, code, done, ms, vn

LIST, TODAY, DETAIL = "/danhSachHoSo", "/danhSachHoSoTrongNgay", "/chiTietDoanhNghiep"


async def test_an_approved_dossier_brings_its_enterprise(business: Make, lgsp: Lgsp) -> None:
    """An entry has the approval for its place, the detail's date for its version, and the record for its body."""
    lgsp.approve(vn(20, 9, 30), code(1))

    (entry,) = await read(business(), vn(20))

    assert (entry.key, entry.at, entry.version, entry.status) == (code(1), ms(vn(20, 9, 30)), ms(vn(20, 9, 30)), "00")
    assert json.loads(entry.body) == lgsp.details[code(1)]
    assert "Công ty".encode() in entry.body


async def test_an_enterprise_is_as_it_is_now(business: Make, lgsp: Lgsp) -> None:
    """A detail that changed again after the window keeps its place in the feed and has the newer version."""
    lgsp.approve(vn(18, 9), code(1))
    lgsp.approve(vn(20, 9), code(1))

    (entry,) = await read(business(), vn(18), vn(19))

    assert (entry.at, entry.version) == (ms(vn(18, 9)), ms(vn(20, 9)))


@pytest.mark.parametrize("state", ["1", "2", "4"])
async def test_unapproved_dossiers_are_left_out(business: Make, lgsp: Lgsp, state: str) -> None:
    """A dossier that changed nothing asks for no detail, even when it names no enterprise yet."""
    lgsp.approve(vn(20, 9), code(1), state=state)
    lgsp.rows[0]["ENTERPRISE_GDT_CODE"] = ""

    assert await read(business(), vn(20)) == []
    assert lgsp.asked(DETAIL) == []


@pytest.mark.parametrize("state", ["5", "", None])
async def test_a_dossier_of_unknown_state_is_asked_about(business: Make, lgsp: Lgsp, state: str | None) -> None:
    """The codes are assumed: what is not known to change nothing is not dropped."""
    lgsp.approve(vn(20, 9), code(1))
    lgsp.rows[0]["PROCESS_STATUS"] = state

    assert len(await read(business(), vn(20))) == 1


async def test_each_kind_of_code_is_asked_for_as_a_key(business: Make, lgsp: Lgsp) -> None:
    """Branches, business locations with their parent, and household businesses come under the codes they go by."""
    keys = [code(1), f"{code(1)}-001", f"{code(1)}.00001", "100050000017"]
    for minute, key in enumerate(keys):
        lgsp.approve(vn(20, 9, minute), key)

    entries = await read(business(), vn(20))

    assert [entry.key for entry in entries] == keys
    assert all(entry.body for entry in entries)


async def test_an_enterprise_is_asked_about_once_a_window(business: Make, lgsp: Lgsp) -> None:
    """Of several approvals in one part of the walk the last one gives the place."""
    for hour in (8, 9, 10):
        lgsp.approve(vn(20, hour), code(1))
    lgsp.approve(vn(20, 9, 30), code(2))

    entries = await read(business(), vn(20))

    assert [(entry.key, entry.at) for entry in entries] == [(code(2), ms(vn(20, 9, 30))), (code(1), ms(vn(20, 10)))]
    assert len(lgsp.asked(DETAIL)) == 2


async def test_only_wanted_enterprises_are_asked_about(business: Make, lgsp: Lgsp) -> None:
    """The register does not see us ask about whom we do not want; that enterprise comes in its place, empty."""
    for number in (1, 2, 3):
        lgsp.approve(vn(20, 9, number), code(number))

    entries = [
        entry
        async for page in business().enterprises(vn(20), UNTIL, page_size=2, wanted=lambda keys: {code(2)} & set(keys))
        for entry in page.entries
    ]

    assert [asked["msdn"] for asked in lgsp.asked(DETAIL)] == [code(2)]
    assert [(entry.key, entry.at) for entry in entries] == [(code(n), ms(vn(20, 9, n))) for n in (1, 2, 3)]
    assert [bool(entry.body) for entry in entries] == [False, True, False]


async def test_the_window_holds_its_beginning_and_not_its_end(business: Make, lgsp: Lgsp) -> None:
    """A window is cut to the second, though the register is asked for days and minutes."""
    for second in range(5):
        lgsp.approve(vn(19, 9, 0, second), code(second))
        lgsp.approve(vn(20, 9, 0, second), code(10 + second))

    closed = await read(business(), vn(19, 9, 0, 1), vn(19, 9, 0, 3))
    today = await read(business(), vn(20, 9, 0, 1), vn(20, 9, 0, 3))

    assert [entry.key for entry in closed] == [code(1), code(2)]
    assert [entry.key for entry in today] == [code(11), code(12)]
    assert lgsp.asked(TODAY)[0] == {"from_ts": "09:00", "to_ts": "09:01", "offset": "0", "limit": "200"}


async def test_windows_that_meet_lose_and_double_nothing(business: Make, lgsp: Lgsp) -> None:
    """Any two windows that meet give what one window gives."""
    fill(lgsp, 60, vn(16, 10), timedelta(minutes=97))
    whole = await read(business(), vn(16), UNTIL)

    for middle in (vn(18), vn(18, 3, 0, 1), vn(19, 23, 59, 59), vn(20), vn(20, 7, 1)):
        halves = await read(business(), vn(16), middle) + await read(business(), middle, UNTIL)
        assert halves == whole
    assert len(whole) == 60


async def test_an_empty_window_has_one_empty_page(business: Make, lgsp: Lgsp) -> None:
    """An empty feed is told as a page of nothing, so that the pipeline can judge it."""
    assert [(part.entries, part.number) for part in await pages(business(), vn(20))] == [([], 1)]


async def test_pages_are_cut_to_their_size_in_order(business: Make, lgsp: Lgsp) -> None:
    """Entries come in the order of the approvals over all pages."""
    fill(lgsp, 25, vn(18, 9))

    parts = await pages(business(), vn(18), size=10)

    assert [(part.number, len(part.entries)) for part in parts] == [(1, 10), (2, 10), (3, 5)]
    places = [entry.at for part in parts for entry in part.entries]
    assert places == sorted(places)


async def test_three_days_of_outage_are_caught_up_in_one_walk(business: Make, lgsp: Lgsp) -> None:
    """Closed days are read as days, today by its minutes, each list at most 200 rows at a time."""
    fill(lgsp, 450, vn(17, 9), timedelta(minutes=10))

    entries = await read(business(), vn(17, 8))

    assert [entry.key for entry in entries] == [code(number) for number in range(450)]
    assert {(asked["from_date"], asked["to_date"]) for asked in lgsp.asked(LIST)} == {("17/11/2026", "19/11/2026")}
    assert {(asked["from_ts"], asked["to_ts"]) for asked in lgsp.asked(TODAY)} == {("00:00", "14:58")}
    assert {asked["limit"] for asked in lgsp.asked(LIST)} == {"200"}


async def test_long_windows_are_walked_five_days_at_a_time(business: Make, lgsp: Lgsp) -> None:
    """A backfill of weeks never asks for more days than the register reads, and leaves no day out."""
    fill(lgsp, 19, vn(1, 12), timedelta(days=1))

    entries = await read(business(), vn(1, 6))

    assert [entry.key for entry in entries] == [code(number) for number in range(19)]
    assert [(asked["from_date"][:2], asked["to_date"][:2]) for asked in lgsp.asked(LIST)[::2]] == [
        ("01", "05"),
        ("06", "10"),
        ("11", "15"),
        ("16", "19"),
    ]
    assert len(lgsp.asked(TODAY)) == 2


async def test_the_beginning_of_time_is_the_registers(business: Make, lgsp: Lgsp) -> None:
    """A first run that asks for everything starts where the register does."""
    await read(business(), datetime(1970, 1, 1, tzinfo=NOW.tzinfo), BEGINNING + timedelta(days=7))

    assert [asked["from_date"] for asked in lgsp.asked(LIST)[::2]] == ["01/06/2010", "06/06/2010"]


async def test_a_window_before_the_beginning_is_empty(business: Make, lgsp: Lgsp) -> None:
    """What lies wholly before the register's first day has one empty page and asks nothing."""
    early = datetime(1970, 1, 1, tzinfo=NOW.tzinfo)

    assert await read(business(), early, early + timedelta(days=1)) == []
    assert lgsp.requests == []


@pytest.mark.parametrize(
    ("since", "until", "size", "code_"),
    [
        (UNTIL, UNTIL, 10, "window_invalid"),
        (vn(20).replace(tzinfo=None), UNTIL, 10, "window_invalid"),
        (vn(20), NOW, 10, "window_unsettled"),
        (vn(20), UNTIL, 0, "page_size_invalid"),
        (vn(20), UNTIL, 1001, "page_size_invalid"),
    ],
)
async def test_senseless_windows_are_refused(
    business: Make, lgsp: Lgsp, since: datetime, until: datetime, size: int, code_: str
) -> None:
    """A window must be closed, settled and readable before anything is asked."""
    with pytest.raises(Refused) as caught:
        await read(business(), since, until, size)

    assert (caught.value.code, lgsp.requests) == (code_, [])


async def test_details_are_asked_at_a_time_as_courtesy_allows(business: Make, lgsp: Lgsp) -> None:
    """As many details are under way as the courtesy has places, and never more."""
    fill(lgsp, 40, vn(18, 9))
    under_way = most = 0

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.005)
        under_way -= 1
        return await lgsp(request)

    class Three(Brisk):
        courtesy = Courtesy(per_second=100_000, concurrent=3)

    entries = await read(business(Three, transport=httpx.MockTransport(slow)), vn(18))

    assert (len(entries), most) == (40, 3)


async def test_an_enterprise_that_the_register_does_not_know_is_passed_on_empty(business: Make, lgsp: Lgsp) -> None:
    """A listed code without a record is the pipeline's to refuse; the others come."""
    lgsp.approve(vn(20, 9), code(1), known=False)
    lgsp.approve(vn(20, 10), code(2))

    first, second = await read(business(), vn(20))

    assert (first.key, first.body, first.version, first.at) == (code(1), b"", ms(vn(20, 9)), ms(vn(20, 9)))
    assert second.body


@pytest.mark.parametrize("amended", ["", None, "20/11/2026", "2026-11-20T09:00:00", "31/02/2026 09:00:00", 7])
async def test_an_unreadable_version_is_the_approval(business: Make, lgsp: Lgsp, amended: object) -> None:
    """Without a readable LAST_AMEND_DATE the record is at least as new as its approval."""
    lgsp.approve(vn(20, 9), code(1))
    lgsp.details[code(1)]["MainInformation"]["LAST_AMEND_DATE"] = amended

    (entry,) = await read(business(), vn(20))

    assert entry.version == entry.at == ms(vn(20, 9))
    assert json.loads(entry.body)["MainInformation"]["LAST_AMEND_DATE"] == amended


@pytest.mark.parametrize("main", ["", None, [], "text"])
async def test_a_detail_without_its_main_part_is_left_to_the_pipeline(business: Make, lgsp: Lgsp, main: object) -> None:
    """A record that lacks what the contract promises passes as it came, under the code that was asked for."""
    lgsp.approve(vn(20, 9), code(1))
    lgsp.details[code(1)]["MainInformation"] = main

    (entry,) = await read(business(), vn(20))

    assert (entry.key, entry.status, json.loads(entry.body)["MainInformation"]) == (code(1), "", main)


async def test_drift_and_other_codes_are_left_to_the_pipeline(business: Make, lgsp: Lgsp) -> None:
    """One strange record does not stop the others."""
    for number in range(3):
        lgsp.approve(vn(20, 9, number), code(number))
    lgsp.details[code(0)]["Moi"] = "x"
    lgsp.details[code(1)]["MainInformation"]["ENTERPRISE_GDT_CODE"] = code(9)

    entries = await read(business(), vn(20))

    assert [entry.key for entry in entries] == [code(0), code(1), code(2)]
    assert json.loads(entries[0].body)["Moi"] == "x"


async def test_a_lone_surrogate_spoils_one_body_and_not_the_page(business: Make, lgsp: Lgsp) -> None:
    """Text that has no UTF-8 makes one body unreadable."""
    for number in range(2):
        lgsp.approve(vn(20, 9, number), code(number))
    lgsp.details[code(0)]["MainInformation"]["NAME"] = "\ud800"

    entries = await read(business(), vn(20))

    with pytest.raises(ValueError, match="utf-8"):
        entries[0].body.decode()
    assert json.loads(entries[1].body)


async def test_an_oversized_body_is_cut_and_not_the_page(business: Make, lgsp: Lgsp) -> None:
    """One record beyond the limit is cut, so that it is refused alone."""
    for number in range(2):
        lgsp.approve(vn(20, 9, number), code(number))
    lgsp.details[code(0)]["Member"] = [{"MEMBER_NAME": "x" * MAX_BODY}]

    entries = await read(business(), vn(20))

    assert len(entries[0].body) == MAX_BODY
    assert json.loads(entries[1].body)


async def test_a_detail_behind_its_approval_is_asked_again(business: Make, lgsp: Lgsp) -> None:
    """A replica that has not caught up yet gets another chance."""
    lgsp.approve(vn(19, 9), code(1))
    old = json.loads(json.dumps(lgsp.details[code(1)]))
    lgsp.approve(vn(20, 9), code(1))
    lgsp.script.extend([None, None, done({**old, "DataCount": 1})])

    (entry,) = await read(business(), vn(20))

    assert (entry.version, len(lgsp.asked(DETAIL))) == (ms(vn(20, 9)), 2)


async def test_a_detail_that_stays_behind_says_so(business: Make, lgsp: Lgsp) -> None:
    """Contents older than their change come with a version before their place, and the others come too."""
    lgsp.approve(vn(20, 9), code(1))
    lgsp.approve(vn(20, 10), code(2))
    lgsp.details[code(1)]["MainInformation"]["LAST_AMEND_DATE"] = "19/11/2026 09:00:00"

    first, second = await read(business(), vn(20))

    assert (first.version, first.at) == (ms(vn(19, 9)), ms(vn(20, 9)))
    assert second.version == second.at


async def test_a_real_person_in_a_sandbox_list_stops_it(business: Make, lgsp: Lgsp) -> None:
    """The twelve-digit code of a real person refuses the window before any detail is asked, without the number."""
    real = "001" + "050000017"
    lgsp.approve(vn(20, 9), code(1))
    lgsp.approve(vn(20, 10), real)

    with pytest.raises(BrokenContract) as caught:
        await read(business(), vn(20))

    assert caught.value.code == "foreign_person"
    assert real not in repr(caught.value) + str(caught.value)
    assert lgsp.asked(DETAIL) == []


async def test_an_invented_person_in_production_stops_the_feed(business: Make, lgsp: Lgsp) -> None:
    """Synthetic people never reach production's store; ten-digit codes are nobody's number."""
    lgsp.approve(vn(20, 9), code(1))
    assert len(await read(business(environment="production"), vn(20))) == 1
    lgsp.approve(vn(20, 10), "100050000017")

    with pytest.raises(BrokenContract) as caught:
        await read(business(environment="production"), vn(20))

    assert caught.value.code == "synthetic_person"


@pytest.mark.parametrize(
    ("changed", "code_", "field"),
    [
        ({"PROCESSED_DATE": ""}, "field_missing", "PROCESSED_DATE"),
        ({"PROCESSED_DATE": "hôm nay"}, "field_malformed", "PROCESSED_DATE"),
        ({"PROCESSED_DATE": "20/11/2026"}, "field_malformed", "PROCESSED_DATE"),
        ({"PROCESSED_DATE": "18/11/2026 09:00:00"}, "outside_window", "PROCESSED_DATE"),
        ({"IN_JOURNAL_NO": None}, "field_missing", "IN_JOURNAL_NO"),
        ({"ENTERPRISE_GDT_CODE": None}, "field_missing", "ENTERPRISE_GDT_CODE"),
    ],
)
async def test_a_row_that_can_not_be_placed_stops_the_feed(
    business: Make, lgsp: Lgsp, changed: dict[str, Any], code_: str, field: str
) -> None:
    """What the walk needs of a row must be there and readable."""
    lgsp.approve(vn(20, 9), code(1))
    row = lgsp.rows[0] | changed
    lgsp.script.append(done({"Data": row, "DataCount": 1}))

    with pytest.raises(BrokenContract) as caught:
        await read(business(), vn(20))

    assert (caught.value.code, caught.value.fields) == (code_, (field,))


@pytest.mark.parametrize(
    ("answer", "kind", "code_"),
    [
        ({"Data": []}, BrokenContract, "field_malformed"),
        ({"Data": [], "DataCount": "many"}, BrokenContract, "field_malformed"),
        ({"Data": [], "DataCount": -1}, BrokenContract, "field_malformed"),
        ({"Data": ["x"], "DataCount": 1}, BrokenContract, "field_malformed"),
        ({"Data": "", "DataCount": 3}, Unavailable, "page_missing"),
        ({"Status": "0", "error_code": "WINDOW", "Message": ""}, Refused, "window_too_long"),
    ],
)
async def test_a_broken_list_stops_the_feed(
    business: Make, lgsp: Lgsp, answer: dict[str, Any], kind: type[ConnectorError], code_: str
) -> None:
    """A list without its count, its rows or its status is not an empty list."""
    lgsp.script.extend([done(answer)] * 9)

    with pytest.raises(kind) as caught:
        await read(business(), vn(20))

    assert caught.value.code == code_


async def test_a_count_may_be_a_text_and_a_list_one_row(business: Make, lgsp: Lgsp) -> None:
    """A single row comes as itself, its count as digits."""
    lgsp.approve(vn(20, 9), code(1))
    lgsp.script.append(done({"Data": lgsp.rows[0], "DataCount": "1"}))

    assert len(await read(business(), vn(20))) == 1


async def test_a_failing_detail_ends_the_walk(business: Make, lgsp: Lgsp) -> None:
    """A register that fails among the details ends the step as Unavailable: nothing is left out silently."""
    fill(lgsp, 20, vn(18, 9))
    lgsp.script.extend([None] * 5 + [httpx.Response(503)] * 200)

    with pytest.raises(Unavailable) as caught:
        await read(business(), vn(18))

    assert caught.value.code in ("server_error", "breaker_open")


async def test_a_token_that_dies_among_the_details_loses_nothing(business: Make, lgsp: Lgsp) -> None:
    """A renewal in the middle of a page shows in no entry."""
    fill(lgsp, 20, vn(18, 9))

    def die(request: httpx.Request, right: httpx.Response) -> httpx.Response:
        lgsp.revoke()
        return right

    lgsp.script.extend([None] * 6 + [die])

    assert [entry.key for entry in await read(business(), vn(18))] == [code(number) for number in range(20)]
    assert len(lgsp.logins) == 2


async def test_keys_are_the_last_approval_of_each_enterprise(business: Make, lgsp: Lgsp) -> None:
    """The list of dossiers gives every code once with its latest approval, and no detail is asked for."""
    fill(lgsp, 30, vn(1, 9), timedelta(hours=12))
    lgsp.approve(vn(19, 9), code(0))
    lgsp.approve(vn(20, 9), code(1), state="4")
    lgsp.approve(vn(20, 14, 59), code(99))

    keys = [key async for part in business().keys(vn(20, 14), page_size=7) for key in part.entries]

    assert {key.key: key.version for key in keys} == {
        code(number): ms(vn(1, 9) + number * timedelta(hours=12)) for number in range(1, 30)
    } | {code(0): ms(vn(19, 9))}
    assert len(keys) == 30
    assert lgsp.asked(DETAIL) == []


async def test_an_empty_register_has_no_keys(business: Make, lgsp: Lgsp) -> None:
    """A register without dossiers has one empty page of keys."""
    assert [(part.entries, part.number) async for part in business().keys(vn(20))] == [([], 1)]
