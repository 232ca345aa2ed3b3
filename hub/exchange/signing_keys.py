"""The hub's own signing keys for access tokens: `token-<version>.key` beside the other keys, seeds of Ed25519 keys.

The newest version signs and all of them verify: a key is replaced by adding one and removing the old one when the last
token under it has expired.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from hub.settings import Environment, Settings
from hub.trust.keyfiles import KeyRefused, read_key, write_key

_NAME = re.compile(r"token-(?P<version>[1-9][0-9]{0,3})\.key")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key with its RFC 7638 thumbprint."""

    kid: str
    key: OKPKey


class SigningKeys:
    """All signing keys of the hub."""

    def __init__(self, seeds: dict[int, bytes]) -> None:
        keys = [_signing_key(seeds[version]) for version in sorted(seeds, reverse=True)]
        self.newest = keys[0]
        self._by_kid = {key.kid: key for key in keys}

    def find(self, kid: object) -> SigningKey | None:
        """Finds a key by its thumbprint."""
        return self._by_kid.get(kid) if isinstance(kid, str) else None

    @classmethod
    def load(cls, settings: Settings) -> SigningKeys:
        """Reads the signing keys; a sandbox makes its first one.

        Raises:
            KeyRefused: there is none, or it is open to other users.
        """
        folder = settings.keys_path()
        seeds = _read_seeds(folder)
        if not seeds and settings.environment is Environment.SANDBOX:
            create_signing_key(folder)
            seeds = _read_seeds(folder)
        if not seeds:
            # Made in silence, each replica of the API would have a key of its own and refuse the others' tokens.
            raise KeyRefused(f"no token-1.key in {folder}: make it once and copy it to every replica of the API")
        return cls(seeds)


def create_signing_key(folder: Path) -> int:
    """Adds a signing key to a key folder and returns its version; of two calls at once, one makes the key."""
    version = max(_read_seeds(folder), default=0) + 1
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = folder / f"token.{secrets.token_hex(8)}.new"
    write_key(aside)
    try:
        # A link appears complete or not at all, and never replaces a key that another process has just made.
        (folder / f"token-{version}.key").hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    return version


def _read_seeds(folder: Path) -> dict[int, bytes]:
    if not folder.is_dir():
        return {}
    names = {path: _NAME.fullmatch(path.name) for path in folder.iterdir()}
    return {int(match["version"]): read_key(path) for path, match in names.items() if match}


def _signing_key(seed: bytes) -> SigningKey:
    key = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(seed))
    return SigningKey(key.thumbprint(), key)
