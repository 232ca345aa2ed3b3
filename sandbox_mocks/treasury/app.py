"""The twin of treasury and banks over HTTP: token, reconciliation files and statements, with scripted faults.

Assumed: the addresses, the fields, that a day's files are ready at six the next morning, and the codes of MaLoi.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox_mocks.clock import Clock
from sandbox_mocks.country.timeline import VIETNAM, epoch_ms
from sandbox_mocks.faults import Fault, FaultScript
from sandbox_mocks.json_answers import as_json, fail_early, finish, read_limited, wait
from sandbox_mocks.payment.orders import Orders
from sandbox_mocks.tokens import TOKEN_SECONDS, Tokens
from sandbox_mocks.treasury import files
from sandbox_mocks.treasury.control import TreasuryControl
from sandbox_mocks.treasury.credentials import Credentials, is_signed, knows_client
from sandbox_mocks.treasury.ledger import Ledger

PATH = "/khobac"
TOKEN, RECONCILIATION, STATEMENT = "token", "doisoat", "saoke"
READY_AT = time(6)
_LARGEST_CALL = 16 * 1024
_LONGEST_STATEMENT = timedelta(days=31)
_TEXTS = {
    "03": "Sai chữ ký", "05": "Không có quyền truy cập", "06": "Yêu cầu không hợp lệ", "09": "Dữ liệu chưa sẵn sàng",
    "99": "Lỗi hệ thống",
}  # fmt: skip


class Refused(ValueError):
    """A question that is answered with another MaLoi than "00"."""


class Treasury:
    """The twin over one payment platform's orders.

    Args:
        orders: what the platform took.
        folder: where the files of a day are written on demand; None: nowhere.
        wall_clock_ms: real time in epoch milliseconds, by which tokens end.
    """

    def __init__(
        self,
        orders: Orders,
        credentials: Credentials,
        clock: Clock,
        script: FaultScript,
        wall_clock_ms: Callable[[], int],
        folder: Path | None = None,
    ) -> None:
        self.ledger, self._credentials, self._clock, self._script = Ledger(orders), credentials, clock, script
        self._wall_clock_ms, self._folder, self._tokens = wall_clock_ms, folder, Tokens()

    def routes(self) -> list[Route]:
        """Returns the twin's own routes and its routes of control."""
        return [
            Route(f"{PATH}/{TOKEN}", self._token, methods=["POST"]),
            Route(f"{PATH}/{RECONCILIATION}", self._call, methods=["POST"], name=RECONCILIATION),
            Route(f"{PATH}/{STATEMENT}", self._call, methods=["POST"], name=STATEMENT),
            *TreasuryControl(self.ledger, self._script, self._folder).routes(),
        ]

    async def _token(self, request: Request) -> Response:
        faults = self._script.take(TOKEN, None)
        await wait(faults, "delay")
        early = fail_early(faults, _refusal("99"))
        if early is not None:
            return early
        if not knows_client(request.headers, self._credentials):
            return as_json(_refusal("05"), 401)
        seconds = int(faults["short_token"].parameters["seconds"]) if "short_token" in faults else TOKEN_SECONDS
        token = self._tokens.give(self._wall_clock_ms(), seconds)
        return await finish({"access_token": token, "token_type": "Bearer", "expires_in": seconds}, faults)

    async def _call(self, request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        body = await read_limited(request, _LARGEST_CALL) or b""
        faults = self._script.take(name, None)
        await wait(faults, "delay")
        early = fail_early(faults, _refusal("99"))
        if early is not None:
            return early
        if TOKEN in faults:
            self._tokens.kill(request.headers)
        if not self._tokens.is_alive(request.headers, self._wall_clock_ms()):
            return as_json(_refusal("05"), 401)
        if not is_signed(request.headers, body, self._credentials):
            return as_json(_refusal("03"))
        try:
            asked = _read(body)
            answer = self._reconcile(asked, faults) if name == RECONCILIATION else self._statement(asked, faults)
        except Refused as refused:
            return as_json(_refusal(str(refused)))
        if "drift" in faults:
            answer[faults["drift"].parameters["field"]] = "giá trị mới"
        return await finish({"MaLoi": "00", "MoTaLoi": "Thành công", **answer}, faults)

    def _reconcile(self, asked: Mapping[str, str], faults: Mapping[str, Fault]) -> dict[str, Any]:
        day, bank, kind = self._past(asked.get("Ngay")), asked.get("MaNganHang", ""), asked.get("Loai")
        if not bank or kind not in (files.SEND, files.RESPONSE):
            raise Refused("06")
        content = files.reconciliation(self.ledger, day, bank, kind, faults)
        return {"TenTep": f"DOISOAT_{bank}_{kind}_{day:%Y%m%d}.txt", "NoiDung": content}

    def _statement(self, asked: Mapping[str, str], faults: Mapping[str, Fault]) -> dict[str, Any]:
        first, last, account = self._past(asked.get("TuNgay")), self._past(asked.get("DenNgay")), asked.get("TaiKhoan")
        if not account or not timedelta() <= last - first < _LONGEST_STATEMENT:
            raise Refused("06")
        opening, lines = self.ledger.statement(first, last, account)
        return {
            "TaiKhoan": account,
            "SoDuDauKy": str(opening),
            "SoDuCuoiKy": str(lines[-1][1] if lines else opening),
            "NoiDung": files.statement(self.ledger, first, last, account, faults),
        }

    def _past(self, text: str | None) -> date:
        """Reads a day of which the books are closed.

        Raises:
            Refused: it is none, or is not over.
        """
        if text is None or len(text) != 8 or not text.isascii() or not text.isdigit():
            raise Refused("06")
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            raise Refused("06") from None
        ready = datetime.combine(day + timedelta(days=1), READY_AT, VIETNAM)
        if self._clock.now_ms() < epoch_ms(ready):
            raise Refused("09")
        return day


def _read(body: bytes) -> dict[str, str]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused("06") from None
    if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
        raise Refused("06")
    return asked


def _refusal(code: str) -> dict[str, str]:
    return {"MaLoi": code, "MoTaLoi": _TEXTS[code]}
