"""The business connector against the sandbox's twin: its own answers, and every fault that it can be told to have."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.base import FeedEntry, RetryBudget
from connectors.business import Business
from connectors.errors import BrokenContract, ConnectorError, Denied, Unavailable
from connectors.memory import memory_ports
from sandbox_mocks.business.app import PATH, create_app
from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.country.enterprises import Enterprises
from schemas.business import DoanhNghiep
from tests.connectors.conftest import CONTEXT, Brisk, business_settings

START = datetime(2021, 6, 30, 17, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
UNTIL = NOW - timedelta(minutes=2)
RECENT = NOW - timedelta(days=30)
SOME = NOW - timedelta(days=9), NOW - timedelta(days=8)
SECRETS = {"env:BUSINESS": "sandbox-business-secret", "env:OFFICER": "sandbox-officer-key:sandbox-officer-pass"}
FAST = RetryBudget(attempts=3, seconds=4.0, attempt_seconds=1.0, first_wait=0.001, longest_wait=0.002)
PATIENT = replace(FAST, seconds=120.0, attempt_seconds=60.0)
"""Where the register has to make something big, such as a bomb of 256 MB, on a busy machine."""
DAYS, TODAY, DETAIL = "danhSachHoSo", "danhSachHoSoTrongNgay", "chiTietDoanhNghiep"


class Twin:
    """A twin in process, what is behind it, its control routes, and connectors to it."""

    def __init__(self, people: int = 3000, defects: float = 0.0, now: datetime | None = NOW) -> None:
        country = Country(1, people, defects)
        self.enterprises = Enterprises(country)
        self.transport = httpx.ASGITransport(create_app(country, clock=Clock(now)), client=("127.0.0.1", 1))
        self.control = httpx.AsyncClient(transport=self.transport, base_url="http://twin")

    async def faults(self, *faults: dict[str, Any]) -> None:
        """Scripts faults."""
        (await self.control.put("/_sandbox/faults", json={"faults": faults})).raise_for_status()

    async def fired(self) -> int:
        """Counts how often the first fault happened."""
        return int((await self.control.get("/_sandbox/faults")).json()["faults"][0]["fired"])

    def connect(self, **changed: Any) -> Business:
        """Makes a connector."""
        options: dict[str, Any] = {
            "environment": "sandbox",
            "retry": FAST,
            "transport": self.transport,
            "clock": lambda: NOW,
        }
        config = changed.pop("config", None) or settings()
        return Brisk(config, memory_ports(SECRETS), **{**options, **changed})

    async def read(self, since: datetime = START, until: datetime = UNTIL, size: int = 200) -> list[FeedEntry]:
        """Reads a window."""
        return [e async for part in self.connect().enterprises(since, until, page_size=size) for e in part.entries]


def settings(**changed: Any) -> Any:
    """Returns the settings of the twin."""
    officers = {"officer_secrets": {"CB-SYNC": "env:OFFICER", "CB-00123": "env:OFFICER"}}
    return business_settings(**{"url": f"http://twin{PATH}", **officers, **changed})


@pytest.fixture(scope="module")
def quiet() -> Twin:
    """A country without defects; its faults are taken away by the tests that script them."""
    return Twin()


@pytest.fixture(scope="module")
def many() -> Twin:
    """A country with some dossiers an hour."""
    return Twin(600_000)


@pytest.fixture
async def twin(quiet: Twin) -> AsyncIterator[Twin]:
    """The small country; what a test scripts is taken away after it."""
    yield quiet
    await quiet.control.delete("/_sandbox/faults")


@pytest.fixture
async def big(many: Twin) -> AsyncIterator[Twin]:
    """The large country; what a test scripts is taken away after it."""
    yield many
    await many.control.delete("/_sandbox/faults")


def ms(moment: datetime) -> int:
    """Returns a moment as epoch milliseconds."""
    return int(moment.timestamp() * 1000)


async def test_the_whole_history_is_every_approved_dossiers_enterprise(twin: Twin) -> None:
    """All enterprises with an approval come, in the order of the approvals, as lawful records of their keys."""
    entries = await twin.read()

    dossiers = twin.enterprises.dossiers(ms(START), ms(UNTIL))
    approved = {twin.enterprises.key(dossier.unit): dossier.time for dossier in dossiers if dossier.approved}
    assert {entry.key: entry.at for entry in entries} == approved
    assert len(approved) > 200
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    for entry in entries:
        assert DoanhNghiep.model_validate_json(entry.body).key == entry.key
        unit = twin.enterprises.unit(entry.key, ms(NOW))
        assert unit is not None
        assert entry.version == twin.enterprises.version(unit, ms(NOW))
        assert entry.version >= entry.at


async def test_windows_partition_the_history(twin: Twin) -> None:
    """Windows that meet, at midnight or not, give what one window gives."""
    middles = [NOW - timedelta(days=40), datetime(2026, 10, 31, 17, tzinfo=UTC), NOW - timedelta(days=3, seconds=7)]
    since = NOW - timedelta(days=60)
    edges = [since, *middles, UNTIL]

    parts = [await twin.read(start, end) for start, end in pairwise(edges)]

    assert {entry for part in parts for entry in part} >= set(await twin.read(since))
    assert {entry.key for part in parts for entry in part} == {entry.key for entry in await twin.read(since)}


async def test_today_is_read_by_its_minutes(big: Twin) -> None:
    """What was approved today up to the settle lag comes, and nothing after it."""
    midnight = datetime(2026, 11, 19, 17, tzinfo=UTC)

    entries = await big.read(midnight)

    expected = [dossier for dossier in big.enterprises.dossiers(ms(midnight), ms(UNTIL)) if dossier.approved]
    assert {big.enterprises.key(dossier.unit) for dossier in expected} == {entry.key for entry in entries}
    assert len(expected) > 3


async def test_keys_are_the_latest_approval_of_each_enterprise(twin: Twin) -> None:
    """The walk back through the list agrees with the feed, key by key."""
    keys = [key async for part in twin.connect().keys(UNTIL, page_size=90) for key in part.entries]

    assert {key.key: key.version for key in keys} == {entry.key: entry.at for entry in await twin.read()}
    assert len(keys) == len({key.key for key in keys})


async def test_question_and_feed_give_the_same_record(twin: Twin) -> None:
    """A live question answers what the feed's body holds, for each kind of enterprise."""
    entries = await twin.read()
    kinds = {len(entry.key): entry for entry in entries}
    assert set(kinds) == {10, 12, 14, 16}

    for entry in kinds.values():
        assert await twin.connect().enterprise(entry.key, CONTEXT) == DoanhNghiep.model_validate_json(entry.body)


async def test_the_last_change_shows_in_the_record(twin: Twin) -> None:
    """LAST_AMEND_DATE is the enterprise's last approval, so that contents and place agree."""
    entry = (await twin.read())[-1]

    main = json.loads(entry.body)["MainInformation"]
    assert entry.version == entry.at
    assert entry.status == main["ENTERPRISE_STATUS"]


async def test_dossiers_are_found(twin: Twin) -> None:
    """A dossier's state comes under its number; an unknown number is nobody's."""
    dossier = twin.enterprises.dossiers(ms(RECENT), ms(NOW))[0]

    found = await twin.connect().dossier(f"HS{dossier.serial:010}", CONTEXT)

    assert found is not None
    assert dossier.process == found.PROCESS_STATUS
    assert found.CONTACT_NAME
    assert await twin.connect().dossier("HS9999999999", CONTEXT) is None


async def test_an_unknown_enterprise_is_none(twin: Twin) -> None:
    """A code that nobody has is no error."""
    assert await twin.connect().enterprise("9900000000", CONTEXT) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"access_key": "somebody"}, "login_refused"),
        ({"partner_code": "G99"}, "login_refused"),
        ({"secret": "env:OFFICER"}, "login_refused"),
        ({"officer_secrets": {"CB-00123": "env:BUSINESS"}}, "forbidden"),
    ],
)
async def test_wrong_settings_are_told_apart(twin: Twin, changed: dict[str, Any], code: str) -> None:
    """Each setting that the gateway refuses has an error that names what to mend."""
    with pytest.raises(Denied) as caught:
        await twin.connect(config=settings(**changed)).enterprise("9900000000", CONTEXT)

    assert caught.value.code == code


async def test_a_country_with_defects_is_read_to_its_end() -> None:
    """Wrong codes, short lists and strange values stop no walk: every record is the pipeline's to judge."""
    twin = Twin(defects=10.0)

    entries = await twin.read()

    defects = [
        twin.enterprises.defect(unit, entry.version)
        for entry in entries
        if (unit := twin.enterprises.unit(entry.key, ms(NOW))) is not None
    ]
    assert len(entries) == len(defects) > 200
    assert {"list_as_object", "code_check_digit", "person_nobody"} <= set(defects)
    assert all(entry.body for entry in entries)
    for entry in entries:
        assert DoanhNghiep.model_validate_json(entry.body).key == entry.key


ONCE: list[dict[str, Any]] = [
    {"kind": "delay", "ms": 50},
    {"kind": "drop"},
    {"kind": "status", "code": 500},
    {"kind": "status", "code": 503},
    {"kind": "throttle", "retry_after": 0},
    {"kind": "truncated"},
    {"kind": "ok_with_error", "form": "plain"},
    {"kind": "ok_with_error", "form": "fault"},
    {"kind": "token"},
    {"kind": "timeout_after_commit", "ms": 3000},
]
LISTS = [
    {"kind": "moved", "rows": 1},
    {"kind": "moved", "rows": 7},
    {"kind": "receded", "rows": 1},
    {"kind": "receded", "rows": 7},
    {"kind": "shrunken"},
    {"kind": "empty"},
    {"kind": "next_host"},
]


@pytest.mark.parametrize(
    ("operation", "fault"),
    [(name, fault) for name in (DAYS, DETAIL, "token") for fault in ONCE if fault["kind"] != name],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
async def test_a_passing_fault_loses_and_doubles_nothing(twin: Twin, fault: dict[str, Any], operation: str) -> None:
    """What a fresh request mends is mended within the call, in lists, in details and in the log-in."""
    expected = await twin.read(RECENT)
    await twin.faults({**fault, "operation": operation, "times": 1})

    assert await twin.read(RECENT) == expected
    assert await twin.fired() >= 1


@pytest.mark.parametrize("page", [1, 2, 3])
@pytest.mark.parametrize("fault", LISTS, ids=lambda fault: "-".join(map(str, fault.values())))
async def test_a_list_that_moves_once_loses_and_doubles_nothing(big: Twin, fault: dict[str, Any], page: int) -> None:
    """However the list moves for one page, two readings that agree are read in the end."""
    since, until = SOME
    expected = await big.read(since, until, size=5)
    assert len(expected) > 15
    await big.faults({**fault, "operation": DAYS, "page": page, "times": 1})

    assert await big.read(since, until, size=5) == expected
    assert await big.fired() == 1


@pytest.mark.parametrize("kind", ["repeated_page", "missing_page"])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_wrong_page_is_not_taken_for_the_right_one(big: Twin, kind: str, times: int) -> None:
    """A page that is repeated or left out and then comes right loses nothing."""
    since, until = SOME
    expected = await big.read(since, until, size=5)
    await big.faults({"kind": kind, "operation": DAYS, "page": 2, "times": times})

    assert await big.read(since, until, size=5) == expected
    assert await big.fired() == times


LASTING = [
    ({"kind": "drop"}, Unavailable, "connection", 3),
    ({"kind": "status", "code": 502}, Unavailable, "server_error", 3),
    ({"kind": "throttle", "retry_after": 3600}, Unavailable, "throttled", 1),
    ({"kind": "garbage"}, BrokenContract, "not_json", 1),
    ({"kind": "html"}, BrokenContract, "not_json", 1),
    ({"kind": "bomb"}, BrokenContract, "not_json", 1),
    ({"kind": "redirect"}, BrokenContract, "redirect", 1),
    ({"kind": "gzip_bomb", "mb": 64}, BrokenContract, "oversize", 1),
    ({"kind": "oversize", "mb": 20}, BrokenContract, "oversize", 1),
    ({"kind": "truncated"}, Unavailable, "truncated", 3),
    ({"kind": "ok_with_error", "form": "plain"}, Unavailable, "error_in_200", 3),
    ({"kind": "ok_with_error", "form": "fault"}, Unavailable, "error_in_200", 3),
    ({"kind": "token"}, Denied, "credentials", 2),
    ({"kind": "delay", "ms": 9000}, Unavailable, "timeout", 3),
    ({"kind": "timeout_after_commit", "ms": 9000}, Unavailable, "timeout", 3),
]


@pytest.mark.parametrize(
    ("fault", "kind", "code", "requests"), LASTING, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_a_lasting_fault_ends_the_walk_with_its_error(
    twin: Twin, fault: dict[str, Any], kind: type[ConnectorError], code: str, requests: int
) -> None:
    """Each fault that stays has its error, after as many requests as that error deserves."""
    await twin.faults({**fault, "operation": DAYS})

    with pytest.raises(kind) as caught:
        await twin.read(RECENT)

    assert caught.value.code == code
    assert await twin.fired() == requests


@pytest.mark.parametrize(("kind", "code"), [("repeated_page", "page_repeated"), ("missing_page", "page_missing")])
async def test_a_list_that_stays_wrong_never_passes_as_complete(big: Twin, kind: str, code: str) -> None:
    """A page that is always repeated or left out ends the walk as Unavailable."""
    await big.faults({"kind": kind, "operation": DAYS, "page": 2})

    with pytest.raises(Unavailable) as caught:
        await big.read(*SOME, size=5)

    assert caught.value.code == code


async def test_tokens_that_live_a_second_are_renewed_on_the_way(twin: Twin) -> None:
    """A walk that lasts longer than its token goes on with the next."""
    expected = await twin.read(RECENT)
    await twin.faults({"kind": "short_token", "operation": "token", "seconds": 1})
    connector = twin.connect()

    first = [e async for part in connector.enterprises(RECENT, UNTIL) for e in part.entries]
    await asyncio.sleep(1.1)
    second = [e async for part in connector.enterprises(RECENT, UNTIL) for e in part.entries]

    assert first == second == expected
    assert await twin.fired() == 2


async def test_drift_in_a_feed_is_left_to_the_pipeline(twin: Twin) -> None:
    """Unknown fields in bodies pass as they came; a live question refuses them by name."""
    await twin.faults({"kind": "drift", "field": "TRUONG_MOI", "operation": DETAIL})

    entries = await twin.read(RECENT)

    assert entries
    assert all("TRUONG_MOI" in json.loads(entry.body)["MainInformation"] for entry in entries)
    with pytest.raises(BrokenContract) as caught:
        await twin.connect().enterprise(entries[0].key, CONTEXT)
    assert (caught.value.code, caught.value.fields) == ("drift", ("MainInformation.TRUONG_MOI",))


async def test_enterprises_that_vanish_come_empty(twin: Twin) -> None:
    """A register that lists enterprises and then knows none of them is the pipeline's to judge."""
    await twin.faults({"kind": "empty", "operation": DETAIL})

    entries = await twin.read(RECENT)

    assert entries
    assert all(entry.body == b"" and entry.version == entry.at for entry in entries)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The twins as a real server on loopback."""
    ready = tmp_path_factory.mktemp("twin") / "ready.json"
    command = [sys.executable, "-m", "sandbox_mocks", "--port", "0", "--people", "3000", "--ready-file", str(ready)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    server = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(400):
            if ready.exists():
                break
            time.sleep(0.05)
        yield json.loads(ready.read_text("utf-8"))["url"]
    finally:
        server.terminate()
        server.wait(10)


async def test_over_real_http(served: str) -> None:
    """Sockets, keep-alive and chunked answers make no difference: lists, details, log-in and faults work the same."""
    until = datetime.now(UTC) - timedelta(minutes=5)
    config = settings(url=f"{served}{PATH}")
    async with (
        Brisk(config, memory_ports(SECRETS), environment="sandbox", retry=PATIENT) as business,
        httpx.AsyncClient(base_url=served) as control,
    ):

        async def read() -> list[FeedEntry]:
            since = until - timedelta(days=60)
            return [e async for part in business.enterprises(since, until, page_size=7) for e in part.entries]

        expected = await read()
        for fault in ({"kind": "drop"}, {"kind": "truncated"}, {"kind": "token"}):
            await control.put("/_sandbox/faults", json={"faults": [{**fault, "after": 5, "times": 1}]})
            assert await read() == expected
        await control.put("/_sandbox/faults", json={"faults": [{"kind": "gzip_bomb"}]})
        with pytest.raises(BrokenContract, match="oversize"):
            await read()
        await control.delete("/_sandbox/faults")

    assert expected
