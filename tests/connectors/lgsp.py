"""A business register behind an LGSP: answers from lists that move while they are read, and misbehaves as scripted."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import httpx

from tests.connectors.register import Behaviour, unread

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
"""Friday 20 November 2026, 15:00 in Viet Nam."""
URL = "http://lgsp.invalid/lgsp"
MOMENT = "%d/%m/%Y %H:%M:%S"
KEYS = {
    "AccessKey": "sandbox-access",
    "SecretKey": "sandbox-business-secret",
    "AppName": "lienthong",
    "PartnerCode": "G16",
    "PartnerCodeCus": "G16",
}


def vn(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """Returns a moment of November 2026 in Viet Nam."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=ZONE)


def ms(moment: datetime) -> int:
    """Returns a moment as epoch milliseconds."""
    return int(moment.timestamp() * 1000)


def code(number: int) -> str:
    """Returns an invented ten-digit code; its check digit is not looked at here."""
    return f"99{number:08}"


def hashed(text: str) -> str:
    """Writes `key:pass` as `AuthHash`."""
    return b64encode(text.encode()).decode()


@dataclass
class Lgsp:
    """An httpx transport's function. `hooks` run one before each list page, `script` replaces the next answers.

    `hides_today` leaves the day that is not over out of the list of closed days.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    now: datetime = NOW
    hides_today: bool = False
    expires_in: Any = 300
    script: deque[Behaviour] = field(default_factory=deque)
    token_script: deque[Behaviour] = field(default_factory=deque)
    hooks: deque[Callable[[], None] | None] = field(default_factory=deque)
    requests: list[httpx.Request] = field(default_factory=list)
    logins: list[httpx.Request] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=lambda: dict(KEYS))
    passes: dict[str, str] = field(default_factory=lambda: {"sync": hashed("sync-key:sync-pass")})

    def approve(self, moment: datetime, key: str, *, state: str = "3", number: str = "", known: bool = True) -> None:
        """Adds a dossier in its place in the list; an approved one changes its enterprise."""
        parent, _, counter = key.partition(".")
        row = {
            "IN_JOURNAL_NO": number or f"HS{len(self.rows):06}",
            "DOCUMENT_TYPE": "AMEND",
            "ENTERPRISE_GDT_CODE": counter or parent,
            "NAME": f"Công ty {key}",
            "SITE_ID": "101",
            "PROCESS_STATUS": state,
            "PROCESSED_DATE": moment.astimezone(ZONE).strftime(MOMENT),
        }
        self.rows.append(row | ({"PARENT_GDT_CODE": parent} if counter else {}))
        self.rows.sort(key=_position)
        if state == "3" and known:
            main = self.details.setdefault(key, detail(key))["MainInformation"]
            main["LAST_AMEND_DATE"] = row["PROCESSED_DATE"]
            main["NUMBER_CHANGES"] = str(int(main["NUMBER_CHANGES"]) + 1)

    def asked(self, service: str = "") -> list[dict[str, str]]:
        """Returns the parameters of each request to a service, as it came over the wire."""
        found = [request for request in self.requests if request.url.path.endswith(service)]
        return [dict(parse_qsl(request.url.query.decode())) for request in found]

    def revoke(self) -> None:
        """Ends every token early."""
        self.tokens.clear()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            self.logins.append(request)
            # As over a network, others get their turn before the answer comes.
            await asyncio.sleep(0.01)
            return self._play(self.token_script, request, self._token(request))
        self.requests.append(request)
        if "danhSach" in request.url.path and self.hooks and (hook := self.hooks.popleft()) is not None:
            hook()
        return self._play(self.script, request, self._answer(request))

    def _play(self, script: deque[Behaviour], request: httpx.Request, right: httpx.Response) -> httpx.Response:
        behaviour = script.popleft() if script else None
        if isinstance(behaviour, Exception):
            raise behaviour
        answer = behaviour if isinstance(behaviour, httpx.Response) else right
        return unread(behaviour(request, answer) if callable(behaviour) else answer)

    def _token(self, request: httpx.Request) -> httpx.Response:
        if request.headers["Content-Type"] != "application/x-www-form-urlencoded":
            return httpx.Response(415)
        if request.content != b"grant_type=client_credentials" or _keys(request) != self.keys:
            return httpx.Response(401, json={"error_code": "101", "message": "x"})
        token = f"token-{len(self.logins)}"
        self.tokens.add(token)
        life = {} if self.expires_in is None else {"expires_in": self.expires_in}
        return httpx.Response(200, json={"access_token": token, "token_type": "Bearer", **life})

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return httpx.Response(401, json={"error_code": "token_expired"})
        if _keys(request) != self.keys:
            return httpx.Response(401, json={"error_code": "101"})
        if request.headers.get("AuthHash") not in self.passes.values():
            return httpx.Response(403)
        asked = dict(parse_qsl(request.url.query.decode()))
        service = request.url.path.rpartition("/")[2]
        if service == "chiTietDoanhNghiep":
            return done({**self.details.get(asked["msdn"], {}), "DataCount": int(asked["msdn"] in self.details)})
        if service == "tinhTrangHoSo":
            found = [row for row in self.rows if row["IN_JOURNAL_NO"] == asked["in_journal_no"]]
            return done({"Data": found[0] if found else "", "DataCount": len(found)})
        return self._list(service, asked)

    def _today(self) -> date:
        return self.now.astimezone(ZONE).date()

    def _list(self, service: str, asked: dict[str, str]) -> httpx.Response:
        if service == "danhSachHoSo":
            first, last = (_day(asked[name]) for name in ("from_date", "to_date"))
            if (last - first).days >= 5:
                return done({"Status": "0", "error_code": "WINDOW", "Message": "x"})
            last = min(last, self._today() - timedelta(days=1)) if self.hides_today else last
            found = [row for row in self.rows if first <= processed(row).date() <= last]
        else:
            today = self._today()
            found = [
                row
                for row in self.rows
                if processed(row).date() == today
                and asked["from_ts"] <= processed(row).strftime("%H:%M") < asked["to_ts"]
            ]
        found = [row for row in found if processed(row) <= self.now]
        offset, limit = int(asked["offset"]), int(asked["limit"])
        assert 1 <= limit <= 200
        return done({"Data": found[offset : offset + limit], "DataCount": len(found)})


def detail(key: str) -> dict[str, Any]:
    """Makes the record of an enterprise that was never changed."""
    parent, _, counter = key.partition(".")
    return {
        "MainInformation": {
            "ENTERPRISE_ID": "0000000001",
            "ENTERPRISE_GDT_CODE": counter or parent,
            **({"PARENT_GDT_CODE": parent} if counter else {}),
            "NAME": f"Công ty {key}",
            "LAST_AMEND_DATE": "",
            "NUMBER_CHANGES": "0",
            "ENTERPRISE_STATUS": "00",
        },
        "HOAdress": {"CityID": "101", "WardID": "20001"},
        "BusinessActivity": [{"CODE": "7912", "NAME": "Điều hành tua du lịch", "IS_MAIN": "Y"}],
        "Member": [],
        "Representatives": {"FULL_NAME": "Nguyễn Văn An", "ID_NO": "100050000017"},
    }


def done(answer: dict[str, Any]) -> httpx.Response:
    """Makes an answer of the register."""
    # With escapes, as many servers write it, and as every text can be written.
    return httpx.Response(200, text=json.dumps({"Status": "1", "Message": "", **answer}))


def processed(row: dict[str, Any]) -> datetime:
    """Returns when a dossier was processed."""
    return datetime.strptime(row["PROCESSED_DATE"], MOMENT).replace(tzinfo=ZONE)


def _day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=ZONE).date()


def _position(row: dict[str, Any]) -> tuple[datetime, str]:
    return processed(row), row["IN_JOURNAL_NO"]


def _keys(request: httpx.Request) -> Any:
    return json.loads(b64decode(request.headers["lgspaccesstoken"]))
