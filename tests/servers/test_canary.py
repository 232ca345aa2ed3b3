"""After the whole story was played, nothing that it left behind holds a citizen's number or name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.settings import ROOT
from sandbox_mocks.country import Country
from tests.servers.leaks import forms, leaks_below, leaks_in, number_forms

SEED, PEOPLE = 5, 1000

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def played() -> Iterator[tuple[Path, subprocess.CompletedProcess[str]]]:
    """A whole demonstration in a folder of its own, and what it printed."""
    var = ROOT / "var" / "tmp" / f"canary-{uuid4().hex[:8]}"
    var.mkdir(parents=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "AIRFLOW"))}
    # The test's own temporary folder is not the hub's: everything that the servers write must lie below `var`.
    env |= {"HUB_VAR_DIR": str(var), "TMPDIR": str(var / "tmp"), "COLUMNS": "160"}
    (var / "tmp").mkdir()
    command = [sys.executable, "-m", "hub.cli", "demo", "--seed", str(SEED), "--people", str(PEOPLE)]
    done = subprocess.run(command, env=env, cwd=var, capture_output=True, text=True, timeout=280)
    yield var, done
    shutil.rmtree(var, ignore_errors=True)


def test_the_demonstration_ends_well_for_another_country(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """`hub demo --seed n` exits 0 and tells about batches, quarantine and both forms."""
    _, done = played
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "1.004623" in done.stdout and "1.005160" in done.stdout


def test_no_number_or_name_lies_in_any_file(played: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Data directory, WAL, server log, Airflow's metadata and logs, reports and temporary files are clean."""
    var, _ = played
    assert leaks_below(var, Country(SEED, PEOPLE)) == []
    searched = {path.relative_to(var).parts[0] for path in var.rglob("*") if path.is_file()}
    assert {"postgres", "logs", "reports", "landed"} <= searched, searched


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    """Every form of a number and of a name is found where it was put."""
    number, name = "100050000017", "Nguyễn Thị Ngọc Ánh"
    for form in forms(name) + number_forms(number):
        (tmp_path / "file").write_bytes(b"\x00some text before " + form + b" and after\x00")
        assert leaks_in(tmp_path / "file", {number.encode()}, [name]), form
