"""Searching everything that servers have left behind for numbers and names of their invented people."""

from __future__ import annotations

import base64
import mmap
import re
import subprocess
import time
import unicodedata
from pathlib import Path

from hub.embedded import EmbeddedPostgres, binary_path
from sandbox_mocks.country import Country

NAMES = 40


def leaks_below(var: Path, country: Country) -> list[str]:
    """Dumps both databases and returns which files below a folder hold a number or a name of the country."""
    dump_databases(var)
    numbers, names = people_of(country)
    return [
        f"{path.relative_to(var)}: {what}"
        for path in sorted(var.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.stat().st_size
        for what in leaks_in(path, numbers, names)
    ]


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
