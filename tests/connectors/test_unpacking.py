"""Archives and base64 from outside: what is opened, and what no bomb and no path gets past."""

from __future__ import annotations

import os
import stat
import tracemalloc
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from connectors.records import FieldProblem
from connectors.unpacking import MAX_ENTRIES, unpack
from tests.connectors.cards import base64, zipped

LIMIT = 100_000


def named(name: str, mode: int = 0) -> ZipInfo:
    """Describes an entry of that very name, and of that kind of file."""
    entry = ZipInfo("x")
    entry.filename = name
    entry.external_attr = mode << 16
    return entry


def encrypted() -> bytes:
    """Makes an archive whose entry says that it is encrypted."""
    content = bytearray(zipped(("a.csv", b"text")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def compressed_otherwise() -> bytes:
    """Makes an archive that is packed by another method than the two that everyone reads."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_BZIP2) as archive:
        archive.writestr("a.csv", b"text")
    return target.getvalue()


def lying(claimed: int) -> bytes:
    """Makes an archive of 10 MB that claims to hold less."""
    content = bytearray(zipped(("a.csv", b"0" * 10_000_000)))
    for place in (content.index(b"PK\x03\x04") + 22, content.index(b"PK\x01\x02") + 24):
        content[place : place + 4] = claimed.to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    "name",
    ["../a.csv", "d/../../a.csv", "/etc/a.csv", "\\a.csv", "..\\a.csv", "d\\..\\a.csv", "C:a.csv", "c:\\a.csv", ".."],
)
def test_a_path_that_leads_out_is_refused(name: str) -> None:
    """Nothing is unpacked to a disk, and still such an archive is no honest one."""
    with pytest.raises(FieldProblem, match="archive"):
        unpack(zipped((named(name), b"x")), ("zip",), LIMIT)


def test_a_name_with_dots_is_a_name() -> None:
    """Two dots inside a name lead nowhere."""
    assert unpack(zipped((named("the..2026.csv"), b"x"), (named("d/a..b/c.csv"), b"y")), ("zip",), LIMIT) == [
        b"y",
        b"x",
    ]


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_is_refused(mode: int) -> None:
    """An entry is a file or a folder."""
    with pytest.raises(FieldProblem, match="archive"):
        unpack(zipped((named("a.csv", mode | 0o644), b"/etc/passwd")), ("zip",), LIMIT)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no archive", zipped(), zipped(("d/", b"")), encrypted(), compressed_otherwise(),
        zipped(("a.csv", b"x" * 1000))[:-30], zipped(("a.csv", os.urandom(1000))).replace(b"PK\x03\x04", b"PK\x03\x05"),
    ],
    ids=["empty", "text", "no entry", "folder only", "encrypted", "bzip2", "cut", "broken"],
)  # fmt: skip
def test_an_archive_that_can_not_be_read_is_refused(content: bytes) -> None:
    """Whatever zipfile raises becomes one error without a value."""
    with pytest.raises(FieldProblem, match="archive"):
        unpack(content, ("zip",), LIMIT)


def test_a_damaged_entry_is_refused() -> None:
    """The checksum of an entry is held against its content."""
    content = bytearray(zipped(("a.csv", os.urandom(1000))))
    content[100] ^= 0xFF

    with pytest.raises(FieldProblem, match="archive"):
        unpack(bytes(content), ("zip",), LIMIT)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused() -> None:
    """Two readers could see two different files under one name."""
    with pytest.raises(FieldProblem, match="archive"):
        unpack(zipped(("a.csv", b"x"), ("a.csv", b"y")), ("zip",), LIMIT)


@pytest.mark.parametrize(
    "bomb",
    [
        zipped(("a.csv", b"0" * 10_000_000)),
        zipped(*((f"{number}.csv", b"0" * 10_000) for number in range(11))),
    ],
    ids=["one entry", "many entries"],
)
def test_a_bomb_is_not_unpacked(bomb: bytes) -> None:
    """Unpacking stops a byte after the bound, which holds for all entries together."""
    tracemalloc.start()

    with pytest.raises(FieldProblem, match="oversize"):
        unpack(bomb, ("zip",), LIMIT)

    assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
    tracemalloc.stop()


def test_a_size_that_lies_is_not_believed() -> None:
    """An entry that holds more than it claims is cut or refused, and never fills the memory."""
    bomb = lying(claimed=10)
    tracemalloc.start()

    with pytest.raises(FieldProblem, match=r"archive|oversize"):
        unpack(bomb, ("zip",), LIMIT)

    assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
    tracemalloc.stop()


def test_a_bomb_inside_an_archive_is_not_unpacked() -> None:
    """Each layer has the same bound."""
    with pytest.raises(FieldProblem, match="oversize"):
        unpack(zipped(("b.zip", zipped(("a.csv", b"0" * 10_000_000)))), ("zip", "zip"), LIMIT)


def test_too_many_entries_are_refused_before_they_are_listed() -> None:
    """A directory of a million empty entries would cost a gigabyte to read."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for number in range(MAX_ENTRIES + 1):
            archive.writestr(f"{number}", b"")

    with pytest.raises(FieldProblem) as caught:
        unpack(target.getvalue(), ("zip",), LIMIT)

    assert caught.value.path == "entries"


@pytest.mark.parametrize("content", [b"a,b\n", b"YQ=", "YQ==ạ".encode(), b"YQ==YQ=="])
def test_what_is_no_base64_is_refused(content: bytes) -> None:
    """Characters outside the alphabet are not skipped: they are a sign of another format."""
    with pytest.raises(FieldProblem, match="not_base64"):
        unpack(content, ("base64",), LIMIT)


def test_a_wrong_nesting_is_noticed() -> None:
    """A file that is wrapped otherwise than declared is refused."""
    with pytest.raises(FieldProblem, match="archive"):
        unpack(base64(zipped(("a.csv", b"x"))), ("zip", "base64"), LIMIT)
