"""A tiny register: 35 people, two operations, JSON, and the faults of the twins."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox_mocks.dropping import ConnectionDropped, Dropping
from sandbox_mocks.faults import FaultScript, read_fault
from sandbox_mocks.population.credentials import EXPIRED, Credentials, check

PATH = "/tiny"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
FIRST = int(SINCE.timestamp() * 1000)
PEOPLE: list[dict[str, Any]] = [
    {
        "number": f"100050{number:06}",
        "name": f"Nguyễn Thử {number}",
        "birth": "1950",
        "job": "thợ" if number % 2 else "",
        "home": {"street": f"Đường {number}"},
    }
    for number in range(35)
]
GONE = "gone"


class TinyRegister:
    """Answers `find` and `list`."""

    def __init__(self) -> None:
        self._script = FaultScript()
        self._seen: set[str] = set()

    def app(self) -> ASGIApp:
        """Builds the application."""
        routes = [
            Route(f"{PATH}/{{operation}}", self._call, methods=["POST"]),
            Route("/_sandbox/faults", self._faults, methods=["PUT"]),
        ]
        return Dropping(Starlette(routes=routes))

    async def _faults(self, request: Request) -> Response:
        content = await request.json()
        self._script.replace([read_fault(fault) for fault in content["faults"]])
        return Response()

    async def _call(self, request: Request) -> Response:
        asked, operation = await request.json(), request.path_params["operation"]
        faults = self._script.take(operation, asked.get("page"))
        if "delay" in faults:
            await asyncio.sleep(faults["delay"].parameters["ms"] / 1000)
        if "drop" in faults:
            raise ConnectionDropped
        if "ok_with_error" in faults:
            return JSONResponse({"error_code": "500", "message": "Lỗi hệ thống"})
        denial = EXPIRED if "token" in faults else check(request.headers, Credentials(), time.time_ns() // 1_000_000)
        if denial is not None:
            return JSONResponse({"error_code": denial.code}, denial.status)
        if asked["request"] in self._seen:
            return JSONResponse({"error_code": "SEEN"}, 400)
        self._seen.add(asked["request"])
        return JSONResponse({"status": "1", **(_find(asked) if operation == "find" else _list(asked, faults))})


def _find(asked: dict[str, Any]) -> dict[str, Any]:
    claim = {name: asked[name] for name in ("number", "name", "birth")}
    return {"people": [person for person in PEOPLE if claim.items() <= person.items()]}


def _list(asked: dict[str, Any], faults: dict[str, Any]) -> dict[str, Any]:
    number, size = asked["page"], asked["size"]
    times = [FIRST + place * 1000 for place in range(len(PEOPLE))]
    rows = [row for row in zip(times, PEOPLE, strict=True) if asked["since"] <= row[0] < asked["until"]]
    total = 0 if "empty" in faults else len(rows)
    if "shrunken" in faults:
        total = int(total * faults["shrunken"].parameters["keep"])
    wanted = number - ("repeated_page" in faults) + ("missing_page" in faults)
    part = rows[:total][(wanted - 1) * size : wanted * size]
    strange = {faults["drift"].parameters["field"]: "giá trị mới"} if "drift" in faults else {}
    written = [
        {
            "number": person["number"],
            "time": moment,
            "status": GONE if person["number"].endswith("7") else "alive",
            "body": json.dumps({**person, **strange}, ensure_ascii=False),
        }
        for moment, person in part
    ]
    return {"total": total, "page": number, "rows": written}
