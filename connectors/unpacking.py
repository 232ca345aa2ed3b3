"""Opens what a file is wrapped in: base64 and zip, in any declared nesting, within a bound that no bomb passes.

An archive is read from memory and nothing of it is ever written to a disk. A path that leads out of it or a link is
refused all the same: no register makes such an archive in good faith.
"""

from __future__ import annotations

import re
import stat
import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Literal
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from connectors.records import FieldProblem

Layer = Literal["base64", "zip"]

MAX_ENTRIES = 1000
_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1
_OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:|(?:.*[/\\])?\.\.(?:[/\\]|$)", re.DOTALL)


def unpack(content: bytes, layers: Sequence[Layer], limit: int) -> list[bytes]:
    """Returns the contents inside the layers, outermost first; an archive gives its files in the order of their names.

    `limit` is the most bytes that all contents of one layer may have together.

    Raises:
        FieldProblem: a layer is not what was declared (`not_base64`, `archive`), or holds too much (`oversize`).
    """
    contents = [content]
    for layer in layers:
        room = limit
        opened: list[bytes] = []
        for outer in contents:
            for inner in _OPENERS[layer](outer, room):
                room -= len(inner)
                if room < 0:
                    raise FieldProblem("oversize", layer)
                opened.append(inner)
        contents = opened
    return contents


def _base64(content: bytes, room: int) -> Iterator[bytes]:
    try:
        # Line breaks are allowed (RFC 2045 §6.8), anything else outside the alphabet is not.
        yield b64decode(content.translate(None, b" \t\r\n"), validate=True)
    except NotBase64:
        raise FieldProblem("not_base64", "base64") from None


def _unzip(content: bytes, room: int) -> Iterator[bytes]:
    # Counted before zipfile reads the directory: a million empty entries would fill the memory.
    if content.count(_ENTRY) > MAX_ENTRIES:
        raise FieldProblem("archive", "entries")
    try:
        with ZipFile(BytesIO(content)) as archive:
            entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
            for number, entry in enumerate(entries, start=1):
                if not _acceptable(entry):
                    raise FieldProblem("archive", f"entry {number}")
            files = [entry for entry in entries if not entry.is_dir()]
            if not files or len({entry.filename for entry in files}) < len(files):
                raise FieldProblem("archive", "entries")
            for entry in files:
                with archive.open(entry) as stream:
                    # The size in the directory is the sender's claim; one byte past the room is proof.
                    part = stream.read(room + 1)
                room -= len(part)
                yield part
                if room < 0:
                    return
    except (BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError):
        raise FieldProblem("archive", "zip") from None


def _acceptable(entry: ZipInfo) -> bool:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return (
        not _OUTSIDE.match(entry.filename)
        and "\0" not in entry.orig_filename
        and kind in (0, stat.S_IFREG, stat.S_IFDIR)
        and entry.compress_type in (ZIP_STORED, ZIP_DEFLATED)
        and not entry.flag_bits & _ENCRYPTED
    )


_OPENERS: dict[Layer, Callable[[bytes, int], Iterator[bytes]]] = {"base64": _base64, "zip": _unzip}
