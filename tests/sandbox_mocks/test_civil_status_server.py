"""The civil-status twin as a real server of a whole country."""

from __future__ import annotations

import sys

import httpx
import pytest

from tests.sandbox_mocks.civil_status_caller import BASIC, read
from tests.sandbox_mocks.conftest import Start
from tests.sandbox_mocks.test_server import peak_mb


def token(base: str, basic: str = BASIC) -> httpx.Response:
    return httpx.post(f"{base}/token", content="grant_type=client_credentials", headers={"Authorization": basic})


def test_ten_million_people_have_books(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """A twin of ten million people, asked for days and records here and there, stays below 300 MB."""
    twin = start("--people", "10000000")
    base = twin["civil_status"]
    signed = {"Authorization": f"Bearer {token(base).json()['access_token']}"}
    records = 0
    for module, day in (("KS", "05/08/2021"), ("KS", "06/03/2024"), ("KT", "15/11/2026"), ("KH", "15/11/2026")):
        asked = {"module": module, "ngayCapNhat": day}
        listed = httpx.post(f"{base}/apiHoTich/dsHoSoDangKy", json=asked, headers=signed, timeout=120).json()
        assert int(listed["soLuong"]) > 100
        portion = {"maTinh": "01", "module": module, "dsMaHoSo": listed["dsMaHoSo"][:50]}
        answer = httpx.post(f"{base}/apiHoTich/traDanhSachHoSo", json=portion, headers=signed, timeout=60).json()
        records += len([read(each["data"]) for each in answer["dsHoSo"]])
    assert records == 200
    size = peak_mb(twin["pid"])
    with capsys.disabled():
        sys.stdout.write(f"\n10 M people with their books: {twin['seconds']:.2f} s to start, {size:.0f} MB at most\n")
    assert size < 300


def test_credentials_come_from_the_environment(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret of the environment replaces the sandbox's own."""
    monkeypatch.setenv("SANDBOX_CIVIL_STATUS_CONSUMER_SECRET", "another")
    base = start("--people", "100")["civil_status"]
    assert token(base).json()["errorCode"] == "100"
