"""The contestant of `bench/fetch.py` that knows no courtesy: one request after the other by plain httpx.

It asks for the same pages with the same headers and reads them into the same records. It believes whatever it is
answered: no limits, no retries, no breaker, no check of pages, order, window or persons, and a failure ends it. A walk
is written once and sent twice: by httpx's asynchronous client, which connectors use too, and by its synchronous one,
which no service with a deadline can use and which costs about two thirds as much.
"""

from __future__ import annotations

import asyncio
import csv
import json
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Generator, Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx
from lxml import etree

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LOGICAL_URL = "http://mock.local/qldc/population"
SECRETS = {
    "BENCH_POPULATION_SECRET": "sandbox-secret",
    "BENCH_POPULATION_KEY": "sandbox-key",
    "BENCH_BUSINESS_SECRET": "sandbox-business-secret",
    "BENCH_OFFICER": "sandbox-officer-key:sandbox-officer-pass",
}
"""What the sandbox's twins want to hear; printed in their documentation."""

Record = tuple[str, int, str, Any]
"""Key, version, state and contents of one record."""
Keep = Callable[[str, bytes], None]
"""Called with the name of each question and its answer: `page 3`, or the path with its parameters."""


class Question(NamedTuple):
    """One request as httpx takes it; its name is its address if there is none, and an empty one is not kept."""

    name: str | None
    request: dict[str, Any]


Walk = Generator[Question, httpx.Response, list[Record]]
"""What asks for one page after the other, whichever client sends the questions."""

_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soap:Body><q:DongBoThongTinCongDan xmlns:q="http://dancuquocgia.bca"><q:MaYeuCau>{id}</q:MaYeuCau>'
    "<q:MaDVC>G16.01</q:MaDVC><q:MaCanBo>HUB-SYNC</q:MaCanBo><q:TuNgay>{since}</q:TuNgay><q:DenNgay>{until}</q:DenNgay>"
    "<q:Loai>THAYDOI</q:Loai><q:Trang>{page}</q:Trang><q:SoBanGhi>{size}</q:SoBanGhi></q:DongBoThongTinCongDan>"
    "</soap:Body></soap:Envelope>"
)
LIST, DETAIL = "apiCSDLDKDN/danhSachHoSo", "apiCSDLDKDN/chiTietDoanhNghiep"
LIST_LIMIT, WINDOW_DAYS = 200, 5
LOGIN_FORM, FORM_HEADERS = b"grant_type=client_credentials", {"Content-Type": "application/x-www-form-urlencoded"}
_UNAPPROVED = ("1", "2", "4")
_ENVELOPE_FIELDS = ("DataCount", "Status", "Message")


def read_sync(walk: Walk, keep: Keep | None = None) -> list[Record]:
    """Sends the questions of a walk by `httpx.Client`."""
    with httpx.Client() as client:
        try:
            question = next(walk)
            while True:
                answer = client.request(**question.request).raise_for_status()
                name = answer.request.url.raw_path.decode() if question.name is None else question.name
                if keep is not None and name:
                    keep(name, answer.content)
                question = walk.send(answer)
        except StopIteration as done:
            return list(done.value)


def read_async(walk: Walk) -> list[Record]:
    """Sends the questions of a walk by `httpx.AsyncClient`, as connectors do, one after the other."""

    async def read() -> list[Record]:
        async with httpx.AsyncClient() as client:
            question = next(walk)
            while True:
                answer = (await client.request(**question.request)).raise_for_status()
                try:
                    question = walk.send(answer)
                except StopIteration as done:
                    return list(done.value)

    return asyncio.run(read())


def population(url: str, since: datetime, until: datetime, page_size: int) -> Walk:
    """Reads the feed of citizens page by page."""
    window = {"since": round(since.timestamp() * 1000), "until": round(until.timestamp() * 1000), "size": page_size}
    found: list[Record] = []
    total, number = 1, 0
    while len(found) < total:
        number += 1
        now = str(time.time_ns() // 1_000_000)
        digest = sha256(f"{LOGICAL_URL}sandbox-hub{now}{SECRETS['BENCH_POPULATION_SECRET']}".encode()).hexdigest()
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": '""',
            "Accept-Encoding": "gzip",
            "Authorization": "Basic " + b64encode(f"sandbox-hub:{digest}".encode()).decode(),
            "Timestamp": now,
            "X-Road-Client": "VN/GOV/G16/lienthong",
            "ApiKey": SECRETS["BENCH_POPULATION_KEY"],
        }
        question = _ENVELOPE.format(id=uuid.uuid4(), page=number, **window).encode()
        answer = yield Question(
            f"page {number}", {"method": "POST", "url": url, "headers": headers, "content": question}
        )
        for child in etree.fromstring(answer.content)[0][0]:
            name = etree.QName(child).localname
            if name == "CongDan":
                key, version, state, body = (part.text or "" for part in child)
                # The contents are a text in a text; the inner one is what the hub lands.
                found.append((key, int(version), state, json.loads(body)))
            elif name == "TongSo":
                total = int(child.text)
    return found


def windows(since: datetime, until: datetime) -> Iterator[tuple[date, date, datetime, datetime]]:
    """Cuts a window into what the business register tells at once: five whole days, and the part of them asked for."""
    while since < until:
        first = since.astimezone(ZONE).date()
        end = min(datetime.combine(first + timedelta(days=WINDOW_DAYS), datetime.min.time(), ZONE), until)
        yield first, (end - timedelta(milliseconds=1)).astimezone(ZONE).date(), since, end
        since = end


def latest_approvals(rows: list[dict[str, Any]], start: datetime, end: datetime) -> dict[str, int]:
    """Returns the last approval of each enterprise within a window, in epoch milliseconds."""
    found: dict[str, int] = {}
    for row in rows:
        at = moment(row["PROCESSED_DATE"])
        if row["PROCESS_STATUS"] not in _UNAPPROVED and start.timestamp() * 1000 <= at < end.timestamp() * 1000:
            code, parent = row["ENTERPRISE_GDT_CODE"], row.get("PARENT_GDT_CODE")
            key = f"{parent}.{code}" if parent and len(code) == 5 else code
            found[key] = max(found.get(key, at), at)
    return found


def business_record(key: str, answer: dict[str, Any]) -> Record:
    """Makes a record of the details of an enterprise."""
    main = answer["MainInformation"]
    contents = {name: value for name, value in answer.items() if name not in _ENVELOPE_FIELDS}
    return key, moment(main["LAST_AMEND_DATE"]), main.get("ENTERPRISE_STATUS", "").strip(), contents


def moment(written: str) -> int:
    """Reads a moment in Vietnamese time as epoch milliseconds."""
    return round(datetime.strptime(written, "%d/%m/%Y %H:%M:%S").replace(tzinfo=ZONE).timestamp() * 1000)


def account_keys() -> dict[str, str]:
    """Returns the header with which the hub shows its account to an LGSP."""
    keys = {
        "AccessKey": "sandbox-access",
        "SecretKey": SECRETS["BENCH_BUSINESS_SECRET"],
        "AppName": "lienthong",
        "PartnerCode": "G16",
        "PartnerCodeCus": "G16",
    }
    return {"lgspaccesstoken": b64encode(json.dumps(keys).encode()).decode()}


def signed(token: str) -> dict[str, str]:
    """Returns the other headers of every question to an LGSP."""
    return {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "AuthHash": b64encode(SECRETS["BENCH_OFFICER"].encode()).decode(),
        "Authorization": f"Bearer {token}",
    }


def business(url: str, since: datetime, until: datetime, page_size: int) -> Walk:
    """Reads the list of dossiers, each part of it twice as the hub must, and asks about every enterprise in it."""
    keys = account_keys()
    login = {"method": "POST", "url": f"{url}/token", "content": LOGIN_FORM, "headers": keys | FORM_HEADERS}
    headers = {**keys, **signed((yield Question("", login)).json()["access_token"])}

    def ask(service: str, asked: dict[str, Any]) -> Question:
        return Question(None, {"method": "GET", "url": f"{url}/{service}", "params": asked, "headers": headers})

    found: list[Record] = []
    for first, last, start, end in windows(since, until):
        days = {"from_date": f"{first:%d/%m/%Y}", "to_date": f"{last:%d/%m/%Y}"}
        for _ in range(2):
            rows: list[dict[str, Any]] = []
            total = 1
            while len(rows) < total:
                answer = yield ask(LIST, {**days, "offset": len(rows), "limit": min(page_size, LIST_LIMIT)})
                page = answer.json()
                rows += page["Data"]
                total = page["DataCount"]
        for key in latest_approvals(rows, start, end):
            answer = yield ask(DETAIL, {"msdn": key})
            found.append(business_record(key, answer.json()))
    return found


def files(url: str, since: datetime, until: datetime, page_size: int) -> list[Record]:
    """Reads the day's file of library cards by the csv module."""
    del since, until, page_size
    found: list[Record] = []
    for path in sorted(Path(url).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                at = datetime.fromisoformat(row["CapNhat"])
                found.append((row["SoThe"], round(at.timestamp() * 1000), "", row))
    return found


def sql(url: str, since: datetime, until: datetime, page_size: int) -> list[Record]:
    """Reads the view of library cards by SQLAlchemy, page by page by its key."""
    from sqlalchemy import create_engine, text

    statement = text(
        'select "SoThe", "LoaiThe", "CapNhat" from bench.cards where "CapNhat" >= :since and "CapNhat" < :until'
        ' and ("CapNhat", "SoThe" collate "C") > (:at, :key) order by "CapNhat", "SoThe" collate "C" limit :size'
    )
    found: list[Record] = []
    last = {"at": since - timedelta(days=1), "key": ""}
    engine = create_engine(url)
    with engine.connect() as connection:
        while True:
            rows = connection.execute(statement, {"since": since, "until": until, "size": page_size, **last}).all()
            for key, kind, at in rows:
                found.append((key, round(at.timestamp() * 1000), "", {"SoThe": key, "LoaiThe": kind, "CapNhat": at}))
            if len(rows) < page_size:
                break
            last = {"at": rows[-1][2], "key": rows[-1][0]}
    engine.dispose()
    return found
