"""Both registers as one real server: one country, one clock, one script of faults."""

from __future__ import annotations

import sys

import httpx
import pytest

from tests.sandbox_mocks.business_caller import FORM, keys_header, officer_header
from tests.sandbox_mocks.caller import entries, headers, message, payload, window
from tests.sandbox_mocks.conftest import Start
from tests.sandbox_mocks.test_server import peak_mb

GRANT = "grant_type=client_credentials"


def sign_in(base: str, **changes: str) -> httpx.Response:
    return httpx.post(f"{base}/token", content=GRANT, headers={"lgspaccesstoken": keys_header(**changes), **FORM})


def call_headers(base: str) -> dict[str, str]:
    token = sign_in(base).json()["access_token"]
    return {"Authorization": f"Bearer {token}", "lgspaccesstoken": keys_header(), "AuthHash": officer_header()}


def test_ten_million_people_have_enterprises(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """A twin of ten million people, asked for lists and details here and there, stays below 300 MB."""
    twin = start("--people", "10000000")
    base = twin["business"]
    signed = call_headers(base)
    details = 0
    for day in ("05/08/2021", "10/11/2021", "06/03/2024", "15/11/2026"):
        for offset in (0, 800):
            asked = {"from_date": day, "to_date": day, "offset": offset, "limit": 200}
            response = httpx.get(f"{base}/apiCSDLDKDN/danhSachHoSo", params=asked, headers=signed, timeout=60)
            rows = response.json()["Data"]
            assert response.json()["DataCount"] > 500
            for row in rows[:8]:
                asked_code = {"msdn": row["ENTERPRISE_GDT_CODE"]}
                if "PARENT_GDT_CODE" not in row:
                    found = httpx.get(f"{base}/apiCSDLDKDN/chiTietDoanhNghiep", params=asked_code, headers=signed)
                    details += found.json()["DataCount"]
    assert details > 30
    size = peak_mb(twin["pid"])
    with capsys.disabled():
        sys.stdout.write(f"\n10 M people with enterprises: {twin['seconds']:.2f} s to start, {size:.0f} MB at most\n")
    assert size < 300


def test_both_registers_answer_on_one_port(start: Start) -> None:
    """The ready line names both addresses, both answer, and their people are the same."""
    twin = start("--seed", "4", "--people", "2000", "--defect-rate", "0")
    assert twin["business"] == f"{twin['url']}/dkkd"
    pulled = httpx.post(
        twin["population"], content=message("DongBoThongTinCongDan", window(size=10)), headers=headers()
    )
    assert len(entries(payload(pulled.content))) == 10
    order = {"where": {"form": "household", "active": True, "representative_alive": True, "number_current": True}}
    sample = httpx.post(f"{twin['url']}/_sandbox/business/sample", json=order).json()["enterprises"][0]
    found = httpx.get(
        f"{twin['business']}/apiCSDLDKDN/chiTietDoanhNghiep",
        params={"msdn": sample["key"]},
        headers=call_headers(twin["business"]),
    ).json()
    owner = found["Representatives"][0]
    person = httpx.post(f"{twin['url']}/_sandbox/truth", json={"personal_id": owner["ID_NO"]}).json()
    assert " ".join(part for part in person["truth"]["HoVaTen"].values() if part) == owner["FULL_NAME"]


def test_faults_are_scripted_for_both(start: Start) -> None:
    """One script hits either register, by the names of their operations."""
    twin = start("--people", "200")
    httpx.put(f"{twin['url']}/_sandbox/faults", json={"faults": [{"kind": "status", "operation": "token"}]})
    assert sign_in(twin["business"]).status_code == 503
    call = message("DongBoThongTinCongDan", window(size=1))
    assert httpx.post(twin["population"], content=call, headers=headers()).status_code == 200
    httpx.put(f"{twin['url']}/_sandbox/faults", json={"faults": [{"kind": "status"}]})
    assert httpx.post(twin["population"], content=call, headers=headers()).status_code == 503


def test_credentials_come_from_the_environment(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of the environment replace the sandbox's own."""
    monkeypatch.setenv("SANDBOX_BUSINESS_SECRET_KEY", "another")
    monkeypatch.setenv("SANDBOX_BUSINESS_PARTNER_CODE", "G15")
    base = start("--people", "100")["business"]
    assert sign_in(base).status_code == 401
    assert sign_in(base, SecretKey="another", PartnerCode="G15").status_code == 200
