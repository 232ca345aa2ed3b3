"""The twin as a real server: start, size, faults on the wire, and a quick clean end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.sandbox_mocks.caller import entries, headers, message, payload, window
from tests.sandbox_mocks.conftest import Start


def peak_mb(pid: int) -> float:
    """Returns a process's largest resident size in MB; without /proc its present one.

    Not `ru_maxrss`: a child's begins with the size of the parent that forked it, and pytest is big.
    """
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)], text=True)) / 1024


def test_ten_million_people_are_small(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """A twin of ten million people, asked for pages here and there, stays below 300 MB."""
    twin = start("--people", "10000000")
    for page in (1, 5_000, 11_000):
        response = httpx.post(
            twin["population"],
            content=message("DongBoThongTinCongDan", window(page=page, size=1000)),
            headers=headers(),
            timeout=60,
        )
        assert len(entries(payload(response.content))) == 1000
    size = peak_mb(twin["pid"])
    with capsys.disabled():
        sys.stdout.write(f"\n10 M people: {twin['seconds']:.2f} s to start, {size:.0f} MB at most\n")
    assert size < 300


def test_it_serves_and_says_where(start: Start) -> None:
    """The ready file and standard output name the same URL, which answers; a clean end follows SIGTERM."""
    twin = start("--seed", "4", "--people", "300", "--defect-rate", "0")
    assert httpx.get(f"{twin['url']}/_sandbox/health").json()["seed"] == 4
    assert httpx.get(twin["wsdl"]).status_code == 200
    response = httpx.post(
        twin["population"], content=message("DongBoThongTinCongDan", window(size=10)), headers=headers()
    )
    assert len(entries(payload(response.content))) == 10
    process = twin["process"]
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=20)
    assert time.monotonic() - begun < 10
    assert process.returncode in (0, -signal.SIGTERM)
    assert json.loads(output)["url"] == twin["url"]
    assert errors == ""


def test_drop_closes_the_connection(start: Start) -> None:
    """Over real HTTP the connection closes without a byte, and the server lives on and logs nothing."""
    twin = start("--people", "200")
    httpx.put(f"{twin['url']}/_sandbox/faults", json={"faults": [{"kind": "drop", "times": 1}]})
    call = message("DongBoThongTinCongDan", window(size=5))
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(twin["population"], content=call, headers=headers())
    assert httpx.post(twin["population"], content=call, headers=headers()).status_code == 200
    twin["process"].terminate()
    assert twin["process"].communicate(timeout=20)[1] == ""


def test_an_end_does_not_wait_for_a_delayed_answer(start: Start) -> None:
    """SIGTERM ends the twin in seconds even while an answer is delayed for a day."""
    twin = start("--people", "200")
    httpx.put(f"{twin['url']}/_sandbox/faults", json={"faults": [{"kind": "delay", "ms": 86_400_000}]})
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            twin["population"], content=message("DongBoThongTinCongDan", window()), headers=headers(), timeout=0.5
        )
    with socket.create_connection(("127.0.0.1", int(twin["url"].rpartition(":")[2]))):
        begun = time.monotonic()
        twin["process"].terminate()
        twin["process"].communicate(timeout=20)
        assert time.monotonic() - begun < 10


def test_credentials_come_from_the_environment(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret of the environment replaces the sandbox's own."""
    monkeypatch.setenv("SANDBOX_POPULATION_SECRET", "another")
    twin = start("--people", "100")
    call = message("DongBoThongTinCongDan", window(size=1))
    assert httpx.post(twin["population"], content=call, headers=headers()).status_code == 401
    assert httpx.post(twin["population"], content=call, headers=headers(secret="another")).status_code == 200


@pytest.mark.parametrize("arguments", [["--people", "0"], ["--people", "500000000"], ["--defect-rate", "-1"]])
def test_impossible_options_end_with_a_reason(arguments: list[str]) -> None:
    """A country that can't be is refused with a sentence and exit code 2."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox_mocks", *arguments], capture_output=True, text=True, env=os.environ, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.startswith("sandbox_mocks: ")
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_named() -> None:
    """A port in use ends with a sentence that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "sandbox_mocks", "--port", port, "--people", "10"],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert port in done.stderr
