"""Files of a day: pipe-delimited with one header line, as a whole in base64. All columns and names are assumed."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from sandbox_mocks.faults import Fault
from sandbox_mocks.payment.times import moment_text
from sandbox_mocks.treasury.ledger import PAYMENT, Ledger, Line

SEND, RESPONSE = "1", "2"
COLUMNS = (
    *("STT", "MaDoiTac", "MaThamChieu", "MaGiaoDich", "SoButToan", "LoaiGD", "SoTien", "MaTienTe", "MaNganHang"),
    *("TKThuHuong", "ThoiGianGD", "ThoiGianHachToan", "KetQua"),
)
STATEMENT_COLUMNS = (
    *("SoButToan", "TaiKhoan", "ThoiGianHachToan", "LoaiButToan", "SoTien", "MaTienTe", "MaGiaoDich", "NoiDung"),
    "SoDu",
)
DONE = ".done"


def reconciliation(ledger: Ledger, day: date, bank: str, kind: str, faults: Mapping[str, Fault]) -> str:
    """Returns the reconciliation file of a bank and a day, type 1 or 2, in base64."""
    sent = kind == SEND
    lines = [(line, "") for line in ledger.platform(day, bank)] if sent else ledger.response(day, bank)
    rows = [
        (
            str(number), line.partner, line.reference, line.transaction, _entry(line), line.kind, str(line.amount),
            "VND", line.bank, line.account, moment_text(line.time), moment_text(line.booked), result,
        )
        for number, (line, result) in enumerate(lines, 1)
    ]  # fmt: skip
    return _pack(COLUMNS, rows, faults)


def statement(ledger: Ledger, first: date, last: date, account: str, faults: Mapping[str, Fault]) -> str:
    """Returns the statement of an account from one day to another, in base64."""
    _, lines = ledger.statement(first, last, account)
    rows = [
        (
            _entry(line), line.account, moment_text(line.booked), "C" if line.kind == PAYMENT else "D",
            str(line.amount), "VND", line.transaction, f"NOP PHI {line.reference} {line.transaction}", str(balance),
        )
        for line, balance in lines
    ]  # fmt: skip
    return _pack(STATEMENT_COLUMNS, rows, faults)


def deliver(ledger: Ledger, day: date, folder: Path, faults: Mapping[str, Fault]) -> list[str]:
    """Writes all files of a day into a folder, each with a marker `.done` beside it when it is whole.

    Returns:
        The names of the files: `DOISOAT_<bank>_<type>_yyyyMMdd.txt` and `SAOKE_<account>_yyyyMMdd.txt`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    accounts = ledger.accounts(day)
    contents = {
        f"DOISOAT_{bank}_{kind}_{day:%Y%m%d}.txt": reconciliation(ledger, day, bank, kind, faults)
        for bank in sorted({bank for bank, _ in accounts})
        for kind in (SEND, RESPONSE)
    }
    contents |= {
        f"SAOKE_{account}_{day:%Y%m%d}.txt": statement(ledger, day, day, account, faults) for _, account in accounts
    }
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="ascii")
        (folder / f"{name}{DONE}").touch()
    return list(contents)


def _entry(line: Line) -> str:
    """Returns the bank's own number of a booking; the same line twice has the same number twice."""
    return f"{line.bank}{line.kind}{line.transaction}{'' if line.kind == PAYMENT else line.entry}"


def _pack(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], faults: Mapping[str, Fault]) -> str:
    lines = ["|".join(cell.replace("|", " ") for cell in row) for row in [columns, *rows]]
    if "lost_column" in faults:
        lines[-1] = lines[-1].rpartition("|")[0]
    text = base64.b64encode(("\n".join(lines) + "\n").encode()).decode()
    # Cut to a length that no base64 has.
    return text[: len(text) * 3 // 5 // 4 * 4 + 1] if "cut_file" in faults else text
