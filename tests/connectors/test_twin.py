"""The population connector against the sandbox's twin: its own answers, and every fault that it can be told to have."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import zeep
from lxml import etree

from connectors.base import FeedEntry, IdentityClaim, RetryBudget
from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.memory import memory_ports
from connectors.population import BEGINNING, LIST, Population
from connectors.xml import json_text, tree
from sandbox_mocks.country import Country
from sandbox_mocks.population.app import PATH, create_app
from schemas.population import Citizen
from tests.connectors.conftest import CONTEXT, QUICK, SECRETS, settings

UNTIL = datetime.now(UTC) - timedelta(minutes=5)
FAST = RetryBudget(attempts=3, seconds=4.0, attempt_seconds=1.0, first_wait=0.001, longest_wait=0.002)


class Twin:
    """A twin in process, its control routes, and connectors to it."""

    def __init__(self, people: int = 300) -> None:
        self.transport = httpx.ASGITransport(create_app(Country(1, people, 0.0)), client=("127.0.0.1", 1))
        self.control = httpx.AsyncClient(transport=self.transport, base_url="http://twin")

    async def faults(self, *faults: dict[str, Any]) -> None:
        """Scripts faults."""
        (await self.control.put("/_sandbox/faults", json={"faults": faults})).raise_for_status()

    async def met(self) -> int:
        """Counts the calls that met the first fault."""
        return int((await self.control.get("/_sandbox/faults")).json()["faults"][0]["met"])

    async def sample(self, count: int = 1, **where: bool) -> list[dict[str, Any]]:
        """Returns people of the country."""
        answer = await self.control.post("/_sandbox/sample", json={"count": count, "seed": 7, "where": where})
        people: list[dict[str, Any]] = answer.json()["people"]
        return people

    def connect(self, **changed: Any) -> Population:
        """Makes a connector."""
        options: dict[str, Any] = {"environment": "sandbox", "retry": QUICK, "transport": self.transport}
        config = changed.pop("config", None) or settings(url=f"http://twin{PATH}")
        return Population(config, memory_ports(SECRETS), **{**options, **changed})

    async def read(self, size: int = 100, **changed: Any) -> list[FeedEntry]:
        """Reads the whole history."""
        population = self.connect(**changed)
        return [e async for part in population.citizens(BEGINNING, UNTIL, page_size=size) for e in part.entries]


@pytest.fixture
def twin() -> Twin:
    """A small country without defects."""
    return Twin()


def claim_of(person: dict[str, Any]) -> IdentityClaim:
    """Claims a person with the name and date that the register has."""
    truth = person["truth"]
    birth = truth["NgayThangNamSinh"]
    whole = birth.get("NgayThangNam", "")
    return IdentityClaim(
        personal_id=person["personal_id"],
        name=" ".join(part for part in truth["HoVaTen"].values() if part),
        birth_date=f"{whole[:4]}-{whole[4:6]}-{whole[6:]}" if whole else birth["Nam"],
    )


async def test_every_entry_is_a_lawful_wire_record(twin: Twin) -> None:
    """The whole history of a country without defects is read, each body being a record about its key."""
    entries = await twin.read()

    assert len(entries) >= 300
    for entry in entries:
        assert Citizen.model_validate_json(entry.body).SoDinhDanh == entry.key


async def test_windows_partition_the_history(twin: Twin) -> None:
    """Two windows that meet give what one window gives."""
    entries = await twin.read()
    middle = datetime.fromtimestamp(entries[len(entries) // 2].version / 1000, UTC)
    population = twin.connect()

    halves = [
        entry
        for since, until in ((BEGINNING, middle), (middle, UNTIL))
        async for part in population.citizens(since, until, page_size=70)
        for entry in part.entries
    ]

    assert halves == entries


async def test_keys_are_the_latest_version_of_each_number(twin: Twin) -> None:
    """The key list agrees with the feed."""
    latest = {entry.key: entry.version for entry in await twin.read()}

    keys = [key async for part in twin.connect().keys(UNTIL, page_size=90) for key in part.entries]

    assert {key.key: key.version for key in keys} == latest
    assert len(keys) == len(latest)


async def test_lookup_and_feed_give_the_same_record(twin: Twin) -> None:
    """XML from the lookup and JSON from the feed become one wire record."""
    bodies = {entry.key: entry.body for entry in await twin.read()}

    for person in await twin.sample(20):
        found = await twin.connect().citizen(claim_of(person), CONTEXT)
        assert found is not None
        fed = Citizen.model_validate_json(bodies[person["personal_id"]])
        assert found.model_dump(exclude_none=True) == fed.model_dump(exclude_none=True)


async def test_a_wrong_name_finds_nobody(twin: Twin) -> None:
    """The lookup verifies: number and date with another name are nobody."""
    (person,) = await twin.sample()
    right = claim_of(person)
    wrong = IdentityClaim(personal_id=right.personal_id, name="Không Có Ai", birth_date=right.birth_date)

    assert await twin.connect().citizen(wrong, CONTEXT) is None
    assert await twin.connect().verify(wrong, CONTEXT) is False
    assert await twin.connect().kin(wrong, CONTEXT) is None
    assert await twin.connect().verify(right, CONTEXT) is True


async def test_kin_are_read(twin: Twin) -> None:
    """Kinship answers about the person who was asked for, with structured names."""
    for person in await twin.sample(10):
        kin = await twin.connect().kin(claim_of(person), CONTEXT)
        assert kin is not None
        assert kin.SoDinhDanh == person["personal_id"]


@pytest.mark.parametrize(
    ("changed", "kind", "code"),
    [
        ({"officers": {"an": "CB-99999"}}, Refused, "officer_unknown"),
        ({"service_code": "G99"}, Refused, "service_unknown"),
        ({"user": "somebody"}, Denied, "credentials"),
        ({"logical_url": "http://other.local/"}, Denied, "credentials"),
        ({"client_id": "VN/GOV/G99"}, Denied, "forbidden"),
        ({"api_key": None}, Denied, "credentials"),
    ],
)
async def test_wrong_settings_are_told_apart(
    twin: Twin, changed: dict[str, Any], kind: type[ConnectorError], code: str
) -> None:
    """Each setting that the register refuses has an error that names what to mend."""
    population = twin.connect(config=settings(url=f"http://twin{PATH}", **changed))
    claim = IdentityClaim(personal_id="100050000017", name="Nguyễn Văn An", birth_date="1950")

    with pytest.raises(kind) as caught:
        await population.citizen(claim, CONTEXT)

    assert caught.value.code == code


async def test_a_clock_that_is_off_is_blamed(twin: Twin) -> None:
    """A hub whose clock is ten minutes late is told so."""
    population = twin.connect(clock=lambda: datetime.now(UTC) - timedelta(minutes=10))
    claim = IdentityClaim(personal_id="100050000017", name="Nguyễn Văn An", birth_date="1950")

    with pytest.raises(Denied) as caught:
        await population.citizen(claim, CONTEXT)

    assert caught.value.code == "clock_skew"


ONCE = [
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


@pytest.mark.parametrize("fault", ONCE, ids=lambda fault: "-".join(map(str, fault.values())))
async def test_a_passing_fault_in_the_middle_loses_and_doubles_nothing(twin: Twin, fault: dict[str, Any]) -> None:
    """What a fresh request mends is mended within the call."""
    expected = await twin.read()
    await twin.faults({**fault, "operation": LIST, "page": 2, "times": 1})

    assert await twin.read(retry=FAST) == expected
    assert await twin.met() >= 1


async def test_a_page_that_is_repeated_once_is_asked_again(twin: Twin) -> None:
    """The page that came twice is not taken for the next."""
    expected = await twin.read()
    await twin.faults({"kind": "repeated_page", "page": 1, "times": 1})

    assert await twin.read() == expected


LASTING = [
    ({"kind": "drop"}, Unavailable, "connection", 3),
    ({"kind": "status", "code": 502}, Unavailable, "server_error", 3),
    ({"kind": "throttle", "retry_after": 3600}, Unavailable, "throttled", 1),
    ({"kind": "garbage"}, BrokenContract, "not_xml", 1),
    ({"kind": "truncated"}, Unavailable, "truncated", 3),
    ({"kind": "ok_with_error", "form": "plain"}, Unavailable, "error_in_200", 3),
    ({"kind": "ok_with_error", "form": "fault"}, Unavailable, "server_fault", 3),
    ({"kind": "token"}, Denied, "credentials", 2),
    ({"kind": "clock"}, Denied, "clock_skew", 1),
    ({"kind": "delay", "ms": 9000}, Unavailable, "timeout", 3),
    ({"kind": "timeout_after_commit", "ms": 9000}, Unavailable, "timeout", 3),
    ({"kind": "repeated_page"}, Unavailable, "page_repeated", 3),
    ({"kind": "oversize", "mb": 40}, BrokenContract, "oversize", 1),
    ({"kind": "bomb"}, BrokenContract, "doctype", 1),
]


@pytest.mark.parametrize(
    ("fault", "kind", "code", "requests"), LASTING, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_a_lasting_fault_ends_the_walk_with_its_error(
    twin: Twin, fault: dict[str, Any], kind: type[ConnectorError], code: str, requests: int
) -> None:
    """Each fault that stays has its error, after as many requests as that error deserves."""
    await twin.faults({**fault, "operation": LIST, "page": 2})

    with pytest.raises(kind) as caught:
        await twin.read(retry=FAST)

    assert caught.value.code == code
    assert await twin.met() == requests


async def test_a_missing_page_never_passes_as_complete(twin: Twin) -> None:
    """A page that is left out, once or for good, ends the walk as Unavailable."""
    for times in (1, None):
        await twin.faults({"kind": "missing_page", "page": 2, "times": times})

        with pytest.raises(Unavailable) as caught:
            await twin.read()

        assert caught.value.code in ("page_missing", "page_repeated")


@pytest.mark.parametrize(("fault", "code"), [({"kind": "empty"}, "list_moved"), ({"kind": "shrunken"}, "list_moved")])
async def test_a_list_that_shrinks_in_the_middle_is_noticed(twin: Twin, fault: dict[str, Any], code: str) -> None:
    """A total that changes on page two is not the end of the list."""
    await twin.faults({**fault, "page": 2})

    with pytest.raises(Unavailable) as caught:
        await twin.read()

    assert caught.value.code == code


async def test_an_empty_feed_is_passed_on_as_empty(twin: Twin) -> None:
    """A source that is empty from the first page is the pipeline's to judge."""
    await twin.faults({"kind": "empty"})

    assert await twin.read() == []


async def test_drift_in_a_feed_is_left_to_the_pipeline(twin: Twin) -> None:
    """Unknown fields in bodies pass as they came: the feed's drift policy decides."""
    await twin.faults({"kind": "drift", "field": "TruongMoi"})

    assert all("TruongMoi" in json.loads(entry.body) for entry in await twin.read())


async def test_our_reading_agrees_with_zeep_on_the_twins_answers(twin: Twin) -> None:
    """The quick reading gives what zeep gives, for a page and for a citizen, element by element."""
    kept: list[bytes] = []

    class Keeping(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await twin.transport.handle_async_request(request)
            kept.append(await answer.aread())
            return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(kept[-1]))

    population = twin.connect(transport=Keeping())
    (person,) = await twin.sample()
    ours = [part async for part in population.citizens(BEGINNING, UNTIL, page_size=1000)]
    citizen = await population.citizen(claim_of(person), CONTEXT)
    binding = zeep.Client(str(Population.service.path)).service._binding

    page = binding.get(LIST).process_reply(etree.fromstring(kept[0]))
    collection = binding.get("TraCuuThongTinCongDan").process_reply(etree.fromstring(kept[-1]))

    assert (page.TongSo, page.Trang) == (ours[0].total, ours[0].number)
    assert [(e.SoDinhDanh, e.ThoiDiemDuLieu, e.TrangThai, json_text(e.Body).encode()) for e in page.CongDan] == [
        tuple(entry)[:4] for entry in ours[0].entries
    ]
    theirs = zeep.helpers.serialize_object(collection.CongDan[0], dict)
    assert citizen is not None
    assert _filled(theirs) == _filled(citizen.model_dump())
    assert _filled(theirs) == _filled(tree(etree.fromstring(kept[-1])[0][0][-1]))


def _filled(value: Any) -> Any:
    """Drops what is empty: zeep reads an empty element as None, we as an empty text."""
    if isinstance(value, dict):
        return {name: inner for name, part in value.items() if (inner := _filled(part)) not in (None, "", {})}
    return value


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The twin as a real server on loopback."""
    ready = tmp_path_factory.mktemp("twin") / "ready.json"
    command = [sys.executable, "-m", "sandbox_mocks", "--port", "0", "--people", "300", "--ready-file", str(ready)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    server = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if ready.exists():
                break
            time.sleep(0.05)
        yield json.loads(ready.read_text("utf-8"))["url"]
    finally:
        server.terminate()
        server.wait(10)


async def test_over_real_http(served: str) -> None:
    """Sockets, keep-alive and chunked answers make no difference: pages, retries and faults work the same."""
    config = settings(url=f"{served}{PATH}")
    async with (
        Population(config, memory_ports(SECRETS), environment="sandbox", retry=FAST) as population,
        httpx.AsyncClient(base_url=served) as control,
    ):

        async def read() -> list[FeedEntry]:
            return [e async for part in population.citizens(BEGINNING, UNTIL, page_size=100) for e in part.entries]

        expected = await read()
        for fault in ({"kind": "drop"}, {"kind": "truncated"}, {"kind": "timeout_after_commit", "ms": 2000}):
            await control.put("/_sandbox/faults", json={"faults": [{**fault, "page": 2, "times": 1}]})
            assert await read() == expected
        await control.put("/_sandbox/faults", json={"faults": [{"kind": "oversize", "mb": 40}]})
        with pytest.raises(BrokenContract, match="oversize"):
            await read()
        await control.delete("/_sandbox/faults")
        live = (await control.get(f"{PATH}?wsdl")).content

    assert len(expected) >= 300
    assert Population.service.diff(live) == []


async def test_nobody_listening_is_unavailable() -> None:
    """An address where nothing listens is a connection error that may pass."""
    async with Population(
        settings(url="http://127.0.0.1:9/"), memory_ports(SECRETS), environment="sandbox", retry=FAST
    ) as population:
        with pytest.raises(Unavailable) as caught:
            await asyncio.wait_for(anext(aiter(population.citizens(BEGINNING, UNTIL))), 10)

    assert caught.value.code == "connection"
