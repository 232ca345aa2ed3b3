"""Treasury and banks: files and statements agree with what was paid, but for the differences that are scripted."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox_mocks.app import create_app
from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from tests.sandbox_mocks.conftest import TODAY
from tests.sandbox_mocks.treasury_caller import BANK, TREASURY, TreasuryCaller, rows

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
async def treasury(clean: Country, tmp_path: Path) -> AsyncIterator[TreasuryCaller]:
    """A caller of fresh twins, signed in, their clock standing at `TODAY`."""
    caller = TreasuryCaller(clean, Clock(TODAY), tmp_path / "files")
    await caller.sign_in()
    yield caller
    await caller.client.aclose()


async def pay_five(treasury: TreasuryCaller) -> list[str]:
    """Pays five orders a minute apart and goes to the next day."""
    codes = []
    for number in range(1, 6):
        treasury.clock.set(TODAY + timedelta(minutes=number))
        codes.append(await treasury.pay(f"R{number}", str(100_000 + number)))
    treasury.clock.set(TOMORROW)
    return codes


async def test_both_files_and_the_statement_agree(treasury: TreasuryCaller) -> None:
    """What was paid stands in both files with the same amounts, and in the statement with the balance."""
    codes = await pay_five(treasury)
    sent, answered = await treasury.reconcile("1"), await treasury.reconcile("2")
    assert [row["MaGiaoDich"] for row in sent] == codes == [row["MaGiaoDich"] for row in answered]
    assert [row["SoTien"] for row in sent] == [str(100_000 + number) for number in range(1, 6)]
    assert {row["KetQua"] for row in sent} == {""} and {row["KetQua"] for row in answered} == {"00"}
    statement = await treasury.statement()
    entries = rows(statement["NoiDung"])
    assert [entry["MaGiaoDich"] for entry in entries] == codes
    assert (statement["SoDuDauKy"], statement["SoDuCuoiKy"]) == ("0", "500015")
    assert entries[-1]["SoDu"] == "500015" and "R5" in entries[-1]["NoiDung"]
    assert entries[0]["ThoiGianHachToan"] == "20261122080100"


async def test_treasury_and_bank_have_files_of_their_own(treasury: TreasuryCaller) -> None:
    """A payment stands with the bank of its beneficiary alone."""
    codes = [await treasury.pay("R1"), await treasury.pay("R2", to=BANK)]
    treasury.clock.set(TOMORROW)
    for code, bank, account in ((codes[0], *TREASURY), (codes[1], *BANK)):
        assert [row["MaGiaoDich"] for row in await treasury.reconcile("1", bank=bank)] == [code]
        assert [row["TKThuHuong"] for row in await treasury.reconcile("2", bank=bank)] == [account]
        assert (await treasury.statement(account=account))["SoDuCuoiKy"] == "150000"


@pytest.mark.parametrize(
    ("difference", "sent", "answered", "booked"),
    [
        ({"kind": "missing_at_bank"}, ["100003"], [("100003", "01")], []),
        ({"kind": "missing_at_platform"}, [], [("100003", "03")], ["100003"]),
        ({"kind": "amount_differs", "by": -3}, ["100003"], [("100000", "02")], ["100000"]),
        ({"kind": "amount_differs", "by": 7}, ["100003"], [("100010", "02")], ["100010"]),
        ({"kind": "duplicate_line"}, ["100003"], [("100003", "00"), ("100003", "04")], ["100003", "100003"]),
        ({"kind": "late", "days": 2}, ["100003"], [("100003", "01")], []),
    ],
)
async def test_each_difference_shows(
    treasury: TreasuryCaller,
    difference: dict[str, Any],
    sent: list[str],
    answered: list[tuple[str, str]],
    booked: list[str],
) -> None:
    """A difference shows on its payment in the way its name says; the other four agree; the truth names it."""
    await pay_five(treasury)
    assert (await treasury.differ({"MaThamChieu": "R3", **difference})).status_code == 200

    def of_three(found: list[dict[str, str]]) -> list[dict[str, str]]:
        return [row for row in found if row.get("MaThamChieu", row.get("NoiDung", "")).find("R3") >= 0]

    first, second = await treasury.reconcile("1"), await treasury.reconcile("2")
    entries = rows((await treasury.statement())["NoiDung"])
    assert [row["SoTien"] for row in of_three(first)] == sent
    assert [(row["SoTien"], row["KetQua"]) for row in of_three(second)] == answered
    assert [row["SoTien"] for row in of_three(entries)] == booked
    assert len(first) - len(of_three(first)) == 4
    assert [row["KetQua"] for row in second if row["MaThamChieu"] != "R3"] == ["00"] * 4
    answer = await treasury.client.post("/_sandbox/treasury/truth", json={"day": "2026-11-22"})
    truth = {line["reference"]: (line["amount"], line["difference"]) for line in answer.json()["lines"]}
    assert truth["R3"] == (100_003, difference["kind"])
    assert {kind for reference, (_, kind) in truth.items() if reference != "R3"} == {""}


async def test_a_late_booking_comes_days_later(treasury: TreasuryCaller) -> None:
    """The bank books it two days later, as a line that the platform's file of that day lacks."""
    await pay_five(treasury)
    await treasury.differ({"kind": "late", "MaThamChieu": "R3", "days": 2})
    treasury.clock.set(TODAY + timedelta(days=3))
    assert await treasury.reconcile("2", "20261123") == []
    (row,) = await treasury.reconcile("2", "20261124")
    assert (row["MaThamChieu"], row["KetQua"]) == ("R3", "03")
    assert (row["ThoiGianGD"], row["ThoiGianHachToan"]) == ("20261122080300", "20261124080300")
    statement = await treasury.statement("20261124", "20261124")
    assert (statement["SoDuDauKy"], statement["SoDuCuoiKy"]) == ("400012", "500015")


async def test_refunds_are_debits(treasury: TreasuryCaller) -> None:
    """A refund stands in the files of its own day and lowers the balance."""
    code = await treasury.pay("R1")
    treasury.clock.set(TOMORROW)
    await treasury.refund("R1", code, "50000")
    treasury.clock.set(TODAY + timedelta(days=2))
    assert [row["LoaiGD"] for row in await treasury.reconcile("1")] == ["TT"]
    (row,) = await treasury.reconcile("2", "20261123")
    assert (row["LoaiGD"], row["SoTien"], row["KetQua"]) == ("HT", "50000", "00")
    statement = await treasury.statement("20261122", "20261123")
    entries = rows(statement["NoiDung"])
    assert [(each["LoaiButToan"], each["SoDu"]) for each in entries] == [("C", "150000"), ("D", "100000")]
    assert len({each["SoButToan"] for each in entries}) == 2


async def test_days_partition_the_statement(treasury: TreasuryCaller) -> None:
    """Statements of single days have together what that of the whole time has, and balances follow on."""
    for day in range(4):
        for number in range(3):
            treasury.clock.set(TODAY + timedelta(days=day, hours=number * 7))
            await treasury.pay(f"R{day}-{number}", str(1000 + number))
    treasury.clock.set(TODAY + timedelta(days=9))
    whole = await treasury.statement("20261122", "20261130")
    days = [await treasury.statement(f"202611{day}", f"202611{day}") for day in range(22, 31)]
    assert [row for day in days for row in rows(day["NoiDung"])] == rows(whole["NoiDung"])
    assert len(rows(whole["NoiDung"])) == 12
    assert [day["SoDuDauKy"] for day in days[1:]] == [day["SoDuCuoiKy"] for day in days[:-1]]


async def test_a_day_is_closed_at_six_the_next_morning(treasury: TreasuryCaller) -> None:
    """Before, neither file nor statement is there."""
    await treasury.pay("R1")
    asked = {"Ngay": "20261122", "MaNganHang": "KBNN", "Loai": "1"}
    treasury.clock.set(TODAY.replace(hour=5, minute=59) + timedelta(days=1))
    assert (await treasury.send("doisoat", asked)).json()["MaLoi"] == "09"
    assert (await treasury.statement())["MaLoi"] == "09"
    treasury.clock.set(TODAY.replace(hour=6) + timedelta(days=1))
    assert len(await treasury.reconcile("1")) == 1


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("doisoat", {"Ngay": "2026-11-21", "MaNganHang": "KBNN", "Loai": "1"}),
        ("doisoat", {"Ngay": "20261301", "MaNganHang": "KBNN", "Loai": "1"}),
        ("doisoat", {"Ngay": "20261121", "MaNganHang": "KBNN", "Loai": "3"}),
        ("doisoat", {"Ngay": "20261121", "Loai": "1"}),
        ("doisoat", {"Ngay": 20261121}),
        ("doisoat", ["none"]),
        ("saoke", {"TuNgay": "20261121", "DenNgay": "20261120", "TaiKhoan": "1"}),
        ("saoke", {"TuNgay": "20260101", "DenNgay": "20261120", "TaiKhoan": "1"}),
        ("saoke", {"TuNgay": "20261120", "DenNgay": "20261120"}),
    ],
)
async def test_wrong_questions_are_refused(treasury: TreasuryCaller, name: str, asked: Any) -> None:
    """A wrong day, type, window or account is malformed."""
    assert (await treasury.send(name, asked)).json()["MaLoi"] == "06"


async def test_a_call_needs_token_and_signature(treasury: TreasuryCaller) -> None:
    """A wrong client, a dead token and a wrong signature are refused."""
    asked = {"Ngay": "20261121", "MaNganHang": "KBNN", "Loai": "1"}
    assert (await treasury.send("doisoat", asked, "another")).json()["MaLoi"] == "03"
    await treasury.script({"kind": "token", "operation": "doisoat", "times": 1})
    assert [(await treasury.send("doisoat", asked)).status_code for _ in range(2)] == [401, 401]
    assert (await treasury.sign_in("Basic bm9ib2R5")).status_code == 401
    await treasury.sign_in()
    assert (await treasury.send("doisoat", asked)).json()["MaLoi"] == "00"


async def test_files_are_delivered_into_a_folder(treasury: TreasuryCaller, tmp_path: Path) -> None:
    """Each file of the day lies there whole, with a marker beside it, and says what the service says."""
    await pay_five(treasury)
    await treasury.pay("R9", to=BANK)
    answer = await treasury.client.post("/_sandbox/treasury/deliver", json={"day": "2026-11-22"})
    assert answer.json()["files"] == [
        "DOISOAT_KBNN_1_20261122.txt",
        "DOISOAT_KBNN_2_20261122.txt",
        f"SAOKE_{TREASURY[1]}_20261122.txt",
    ]
    for kind in ("1", "2"):
        path = tmp_path / "files" / f"DOISOAT_KBNN_{kind}_20261122.txt"
        assert rows(path.read_text()) == await treasury.reconcile(kind)
        assert path.with_name(path.name + ".done").exists()
    later = await treasury.client.post("/_sandbox/treasury/deliver", json={"day": "2026-11-23"})
    assert len(later.json()["files"]) == 6


async def test_files_are_spoilt_by_script(treasury: TreasuryCaller, tmp_path: Path) -> None:
    """Base64 is cut where none can end, or the last line lacks a column."""
    await pay_five(treasury)
    await treasury.script({"kind": "cut_file", "operation": "doisoat"})
    asked = {"Ngay": "20261122", "MaNganHang": "KBNN", "Loai": "1"}
    with pytest.raises(ValueError, match="base64"):
        base64.b64decode((await treasury.send("doisoat", asked)).json()["NoiDung"], validate=True)
    await treasury.script({"kind": "lost_column", "operation": "DELIVERY"})
    await treasury.client.post("/_sandbox/treasury/deliver", json={"day": "2026-11-22"})
    text = base64.b64decode((tmp_path / "files" / "DOISOAT_KBNN_2_20261122.txt").read_text()).decode()
    counts = [line.count("|") for line in text.splitlines()]
    assert counts == [12, 12, 12, 12, 12, 11]
    assert len(await treasury.reconcile("1")) == 5


@pytest.mark.parametrize(("fault", "status"), [({"kind": "status"}, 503), ({"kind": "throttle"}, 429)])
async def test_a_proxys_faults_strike_too(treasury: TreasuryCaller, fault: dict[str, Any], status: int) -> None:
    """Token and services fail as everything behind a proxy does."""
    await treasury.script(fault)
    assert (await treasury.sign_in()).status_code == status
    assert (await treasury.send("saoke", {})).status_code == status


@pytest.mark.parametrize(
    "difference",
    [
        {"kind": "stolen", "MaThamChieu": "R1"},
        {"kind": "late"},
        {"kind": "late", "MaThamChieu": "R1", "days": 0},
        {"kind": "amount_differs", "MaThamChieu": "R1", "by": "much"},
        {"kind": "missing_at_bank", "MaThamChieu": "R1", "days": 1},
        "none",
    ],
)
async def test_mistaken_differences_are_explained(treasury: TreasuryCaller, difference: Any) -> None:
    """A difference that the twin can't read is refused with the reason."""
    response = await treasury.differ(difference)
    assert (response.status_code, bool(response.json()["error"])) == (422, True)


@pytest.mark.parametrize(("method", "name"), [("PUT", "differences"), ("POST", "deliver"), ("POST", "truth")])
async def test_control_is_for_this_machine(clean: Country, method: str, name: str) -> None:
    """Other machines are refused, mistaken orders explained, and without a folder nothing is delivered."""
    path = f"/_sandbox/treasury/{name}"
    far = httpx.ASGITransport(create_app(clean), client=("10.0.0.7", 4711))
    async with httpx.AsyncClient(transport=far, base_url="http://twin.local") as client:
        assert (await client.request(method, path, json={})).status_code == 403
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(clean)), base_url="http://twin.local"
    ) as client:
        assert (await client.request(method, path, json={})).status_code == 422
        if name == "deliver":
            assert (await client.post(path, json={"day": "2026-11-22"})).status_code == 409
