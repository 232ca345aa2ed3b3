"""A marked person stands in every broken file, and is then looked for in every error, traceback and log line."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from connectors.memory import memory_ports
from tests.connectors.cards import DAY, DAY_18, HEADER, base64, csv, delivered, delivery, put, read, zipped
from tests.connectors.test_redaction import NAME, NUMBER, WHO, assert_clean, failure

ROW = f"{NUMBER},{NAME},2026-11-18T08:00:00"
TABLE = csv(ROW)
BROKEN: dict[str, tuple[bytes, dict[str, Any]]] = {
    "no header but the person": (csv(header=ROW), {}),
    "the person twice in the header": (csv(header=f"{HEADER},{NAME},{NAME}"), {}),
    "a cell too many": (csv(f"{ROW},{WHO}"), {}),
    "a broken quote": (csv(f'{NUMBER},"{NAME}"{NAME},2026-11-18T08:00:00'), {}),
    "the person for a time": (csv(f"{NUMBER},{NAME},{WHO}"), {}),
    "the person for a number of milliseconds": (csv(f"{NUMBER},{NAME},{WHO}"), {"moment": "ms"}),
    "the person for a pattern's time": (csv(f"{NUMBER},{NAME},{WHO}"), {"moment": "%d/%m/%Y"}),
    "a time of another day": (csv(ROW.replace("11-18", "11-19")), {}),
    "no key": (csv(f",{WHO},2026-11-18T08:00:00"), {}),
    "another code page": (TABLE + NAME.encode("utf-16-le") + b"\xff", {}),
    "a broken letter": (TABLE + NAME.encode()[:-1] + b"\xe1", {}),
    "a table where base64 was due": (TABLE, {"layers": ("base64",)}),
    "a table where a zip was due": (TABLE, {"layers": ("zip",)}),
    "a cut zip": (zipped((f"{WHO}.csv", TABLE))[:-10], {"layers": ("zip",)}),
    "an entry named after the person that leads out": (zipped((f"../{WHO}.csv", TABLE)), {"layers": ("zip",)}),
    "a wrong table inside": (base64(zipped((f"{WHO}.csv", csv(header=ROW)))), {"layers": ("base64", "zip")}),
    "a bomb": (zipped((f"{WHO}.csv", TABLE * 5000)), {"layers": ("zip",)}),
    "too large": (TABLE * 5000, {}),
    "a real person": (csv(ROW.replace(NUMBER, "001" + NUMBER[3:])), {}),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
async def test_no_broken_file_tells_about_the_person(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """However a file is broken, the error, its traceback, its pickle and the logs hold nobody."""
    content, declared = BROKEN[case]
    put(tmp_path, 18, content)
    connector = delivered(tmp_path, delivery(**declared))

    assert_clean(await failure(lambda: read(connector.cards(DAY_18, DAY_18 + DAY)), caplog))


async def test_a_good_file_leaves_no_trace_in_logs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Even at DEBUG nothing of a row is logged, and what is remembered of a file is its digest."""
    caplog.set_level(logging.DEBUG)
    put(tmp_path, 18, TABLE)
    ports = memory_ports({})

    assert len(await read(delivered(tmp_path, ports=ports).cards(DAY_18, DAY_18 + DAY))) == 1

    token = await ports.tokens.get("cards", "files.cards")
    assert token is not None
    assert_clean(f"{caplog.text} {token.value} {token!r}")
