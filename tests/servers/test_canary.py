"""After the whole story was played, nothing that it left behind holds a citizen's number or name."""

from __future__ import annotations

import base64
import mmap
import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.embedded import EmbeddedPostgres, binary_path
from hub.settings import ROOT
from sandbox_mocks.country import Country

SEED, PEOPLE = 5, 400
NAMES = 40

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
    """`hub demo --seed n` exits 0 and tells about batches, quarantine and the form."""
    _, done = played
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "1.004623" in done.stdout


def test_no_number_or_name_lies_in_any_file(played: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Data directory, WAL, server log, Airflow's metadata and logs, reports and temporary files are clean."""
    var, _ = played
    dump_databases(var)
    country = Country(SEED, PEOPLE)
    numbers, names = people_of(country)
    found = [
        f"{path.relative_to(var)}: {what}"
        for path in sorted(var.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.stat().st_size
        for what in leaks_in(path, numbers, names)
    ]
    assert found == []
    searched = {path.relative_to(var).parts[0] for path in var.rglob("*") if path.is_file()}
    assert {"postgres", "logs", "reports", "landed"} <= searched, searched


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    """Every form of a number and of a name is found where it was put."""
    number, name = "100050000017", "Nguyễn Thị Ngọc Ánh"
    for form in forms(name) + number_forms(number):
        (tmp_path / "file").write_bytes(b"\x00some text before " + form + b" and after\x00")
        assert leaks_in(tmp_path / "file", {number.encode()}, [name]), form


def people_of(country: Country) -> tuple[set[bytes], list[str]]:
    """Returns every number of the country, and some names that no other text holds by chance."""
    now = int(time.time() * 1000)
    numbers: set[bytes] = set()
    names: dict[str, None] = {}
    for entry in country.feed.window(0, now):
        numbers.add(entry.number.encode())
        record = country.truth(entry.person, now)
        if record is not None:
            former = str(record.get("SoCMND") or "")
            numbers.update({former.encode()} if former else ())
            whole = " ".join(part for part in record["HoVaTen"].values() if part)
            # Four words of Vietnamese: nothing else on the machine is called so.
            if whole.count(" ") >= 3 and not whole.isascii():
                names[whole] = None
    return numbers, list(names)[:NAMES]


def leaks_in(path: Path, numbers: set[bytes], names: list[str]) -> list[str]:
    """Returns what kind of thing a file gives away; never the thing itself."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = []
        if any(match.group(1) in numbers for match in re.finditer(rb"(?=(100\d{9}))", content)):
            found.append("a 12-digit number")
        # Nine digits are everywhere (sizes, times): only between what is no digit or letter do they count.
        nine = re.finditer(rb"(?<![0-9A-Za-z.])(100\d{6})(?![0-9A-Za-z.])", content)
        if any(match.group(1) in numbers for match in nine):
            found.append("a 9-digit number")
        sample = sorted(number for number in numbers if len(number) == 12)[:NAMES]
        hidden = [form for number in sample for form in number_forms(number.decode())[1:]]
        if any(content.find(form) >= 0 for form in hidden):
            found.append("a number in base64 or hex")
        if any(content.find(form) >= 0 for name in names for form in forms(name)):
            found.append("a name")
        return found


def forms(name: str) -> list[bytes]:
    """Returns a name as it may lie in a file: NFC, NFD, upper case, unaccented, escaped, base64 and hex."""
    plain = "".join(c for c in unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D")) if ord(c) < 128)
    texts = [unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name), name.upper(), plain, plain.upper()]
    raw = [text.encode() for text in texts]
    escaped = [name.encode("unicode_escape"), name.encode("utf-16-le")]
    return raw + escaped + [form for text in raw for form in (*base64_forms(text), text.hex().encode())]


def number_forms(number: str) -> list[bytes]:
    """Returns a number plain, and as it may lie inside base64 or hex."""
    raw = number.encode()
    return [raw, *base64_forms(raw), raw.hex().encode(), raw.hex().upper().encode(), number.encode("utf-16-le")]


def base64_forms(raw: bytes) -> list[bytes]:
    """Returns the stable middle of a text's base64 at each of its three alignments."""
    return [base64.b64encode(b"x" * shift + raw)[4 if shift else 0 : -4] for shift in range(3)]


def dump_databases(var: Path) -> None:
    """Writes both databases as text beside the rest: compressed values would hide in the data files."""
    with EmbeddedPostgres(var) as server:
        for database in ("hub", "airflow"):
            command = [binary_path("pg_dump"), "--inserts", "--file", str(var / f"{database}.sql")]
            subprocess.run([*command, server.admin_url(database)], check=True)
