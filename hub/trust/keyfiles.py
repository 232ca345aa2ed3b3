"""Key material at rest: one file per key, 64 hexadecimal characters, mode 0600, in a folder of mode 0700.

master-<version>.key   wraps data keys; rotated by re-wrapping
index-<version>.key    blind index of numbers; rotated by re-indexing
digest.key             digests of contents, of tokens and of requests; not rotated
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

KEY_BYTES = 32
_NAME = re.compile(r"(?P<purpose>master|index)-(?P<version>[1-9][0-9]{0,3})\.key")
_COMMAND_SECONDS = 30


class KeyRefused(RuntimeError):
    """Keys are missing, readable by others, or malformed; the message says what to do and never shows a key."""


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """The raw keys by purpose and version; never shown by `repr`."""

    master: dict[int, bytes] = field(repr=False)
    index: dict[int, bytes] = field(repr=False)
    digest: bytes = field(repr=False)


def read_directory(directory: Path) -> KeyMaterial:
    """Reads every key file of a folder.

    Raises:
        KeyRefused: a file is missing, of the wrong size, not ours, or open to others.
    """
    if not directory.is_dir():
        raise KeyRefused(f"no keys in {directory}: restore them from their backup, or `hub up` makes sandbox keys")
    _check_private(directory, "0700")
    versions: dict[str, dict[int, bytes]] = {"master": {}, "index": {}}
    for path in sorted(directory.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match:
            versions[match["purpose"]][int(match["version"])] = read_key(path)
    return _complete(KeyMaterial(versions["master"], versions["index"], read_key(directory / "digest.key")), directory)


def read_command(command: str) -> KeyMaterial:
    """Runs a command that prints `{"master": {"1": hex}, "index": {"1": hex}, "digest": hex}`.

    Raises:
        KeyRefused: the command fails or prints something else; its output is never shown.
    """
    try:
        done = subprocess.run(  # noqa: S603
            shlex.split(command), capture_output=True, timeout=_COMMAND_SECONDS, check=True
        )
        document = json.loads(done.stdout)
        material = KeyMaterial(
            {int(version): _decode(key) for version, key in document["master"].items()},
            {int(version): _decode(key) for version, key in document["index"].items()},
            _decode(document["digest"]),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise KeyRefused(f"HUB_MASTER_KEY_COMMAND failed ({type(error).__name__}): run it by hand to see why") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyRefused(
            'HUB_MASTER_KEY_COMMAND must print JSON {"master": {"1": "<64 hex>"}, "index": {…}, "digest": "…"}'
        ) from None
    return _complete(material, "HUB_MASTER_KEY_COMMAND")


def create_directory(directory: Path) -> None:
    """Makes a folder with a first key of each purpose; a killed call leaves no half set behind.

    Raises:
        KeyRefused: the folder already holds something: keys are never overwritten.
    """
    if directory.exists() and any(directory.iterdir()):
        raise KeyRefused(f"{directory} is not empty: existing keys are never overwritten")
    aside = directory.with_name(f"{directory.name}.{secrets.token_hex(4)}.new")
    aside.mkdir(parents=True, mode=0o700)
    for name in ("master-1.key", "index-1.key", "digest.key"):
        write_key(aside / name)
    aside.rename(directory)


def add_version(directory: Path, purpose: str) -> int:
    """Adds a new random key of a purpose (`master` or `index`) and returns its version."""
    material = read_directory(directory)
    version = max(material.master if purpose == "master" else material.index) + 1
    write_key(directory / f"{purpose}-{version}.key")
    return version


def remove_version(directory: Path, purpose: str, version: int) -> None:
    """Removes a retired key; the newest one of its purpose stays.

    Raises:
        KeyRefused: it is the newest version.
    """
    material = read_directory(directory)
    if version >= max(material.master if purpose == "master" else material.index):
        raise KeyRefused(f"{purpose} key {version} is the newest one: add a newer one first")
    (directory / f"{purpose}-{version}.key").unlink(missing_ok=True)


def _complete(material: KeyMaterial, source: Path | str) -> KeyMaterial:
    for purpose, versions in (("master", material.master), ("index", material.index)):
        if not versions:
            raise KeyRefused(f"no {purpose} key in {source}: restore it from its backup")
    keys = [*material.master.values(), *material.index.values(), material.digest]
    if len(set(keys)) != len(keys):
        raise KeyRefused(f"two keys in {source} are the same: each purpose and version needs a key of its own")
    return material


def _check_private(path: Path, wanted: str) -> None:
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise KeyRefused(f"{path} belongs to another user: run as its owner, or `chown` it")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise KeyRefused(f"{path} is open to other users: `chmod {wanted} {path}`")


def read_key(path: Path) -> bytes:
    """Reads one key file of ours that nobody else may read.

    Raises:
        KeyRefused: it is missing, not ours, open to others, or not a key.
    """
    if not path.is_file():
        raise KeyRefused(f"no key file {path}: restore it from its backup")
    _check_private(path, "0600")
    try:
        return _decode(path.read_text(encoding="ascii"))
    except ValueError:
        raise KeyRefused(
            f"{path} is not a key of {KEY_BYTES} bytes in hexadecimal: restore it from its backup"
        ) from None


def _decode(text: str) -> bytes:
    key = bytes.fromhex(text.strip())
    if len(key) != KEY_BYTES:
        raise ValueError("wrong size")
    return key


def write_key(path: Path) -> None:
    """Writes a new random key to a file that does not exist yet, and makes it durable."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
