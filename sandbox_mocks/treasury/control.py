"""Control routes of treasury and banks: differences by script, files of a day, and the truth."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox_mocks.control import guard, read_order, refuse, reply
from sandbox_mocks.faults import FaultScript
from sandbox_mocks.treasury.differences import DifferenceRefused, read_difference
from sandbox_mocks.treasury.files import deliver
from sandbox_mocks.treasury.ledger import Ledger

DELIVERY = "DELIVERY"


class TreasuryControl:
    """The control routes of one twin of treasury and banks."""

    def __init__(self, ledger: Ledger, script: FaultScript, folder: Path | None) -> None:
        self._ledger, self._script, self._folder = ledger, script, folder

    def routes(self) -> list[Route]:
        """Returns the routes, each closed to other machines."""
        return [
            Route("/_sandbox/treasury/differences", guard(self._put), methods=["PUT"]),
            Route("/_sandbox/treasury/deliver", guard(self._deliver), methods=["POST"]),
            Route("/_sandbox/treasury/truth", guard(self._truth), methods=["POST"]),
        ]

    async def _put(self, request: Request) -> Response:
        content = await read_order(request) or {}
        given = content.get("differences")
        if not isinstance(given, list):
            return refuse('send {"differences": [{"kind": "...", "MaThamChieu": "..."}]}')
        try:
            read = [read_difference(each if isinstance(each, dict) else {}) for each in given]
        except DifferenceRefused as refused:
            return refuse(str(refused))
        self._ledger.differences = {each.reference: each for each in read}
        return reply({"differences": [asdict(each) for each in read]})

    async def _deliver(self, request: Request) -> Response:
        day = await _day(request)
        if day is None:
            return refuse('send {"day": "2026-11-22"}')
        if self._folder is None:
            return refuse("start the twins with --files FOLDER to have files delivered", 409)
        return reply({"files": deliver(self._ledger, day, self._folder, self._script.take(DELIVERY, None))})

    async def _truth(self, request: Request) -> Response:
        day = await _day(request)
        if day is None:
            return refuse('send {"day": "2026-11-22"}')
        return reply({"lines": [{**asdict(line), "difference": kind} for line, kind in self._ledger.truth(day)]})


async def _day(request: Request) -> date | None:
    content = await read_order(request) or {}
    try:
        return date.fromisoformat(str(content.get("day")))
    except ValueError:
        return None
