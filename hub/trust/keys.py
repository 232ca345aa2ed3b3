"""The key ring of a process: master keys, blind-index keys and the digest key, each purpose with keys of its own."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.settings import Settings
from hub.trust import keyfiles
from hub.trust.digests import KeyedDigest, index_payload
from hub.trust.keyfiles import KeyMaterial, KeyRefused
from hub.trust.sealing import seal_with, unseal_with

__all__ = ["KeyRefused", "KeyRing", "retire_index", "retire_master", "rotate_index", "rotate_master"]


class KeyRing:
    """All keys of the hub, ready to use. It shows no key, and does not travel to other processes.

    Attributes:
        master_version: version under which new data keys are wrapped.
        master_versions: versions that this ring can unwrap, newest first.
        index_versions: active versions of the blind index, newest first.
    """

    __slots__ = ("_digest", "_indexes", "_masters", "index_versions", "master_version", "master_versions")

    def __init__(self, material: KeyMaterial) -> None:
        self.master_versions = sorted(material.master, reverse=True)
        self.master_version = self.master_versions[0]
        self.index_versions = sorted(material.index, reverse=True)
        self._masters = {version: AESGCM(key) for version, key in material.master.items()}
        self._indexes = {version: KeyedDigest(key) for version, key in material.index.items()}
        self._digest = KeyedDigest(material.digest)

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """Reads the keys from the command or the folder that the settings name.

        Raises:
            KeyRefused: keys are missing, open to others or malformed.
        """
        if settings.master_key_command:
            return cls(keyfiles.read_command(settings.master_key_command))
        return cls(keyfiles.read_directory(settings.keys_path()))

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Makes a first set of keys in a new folder and reads it.

        Raises:
            KeyRefused: the folder is not empty.
        """
        keyfiles.create_directory(directory)
        return cls(keyfiles.read_directory(directory))

    def wrap(self, data_key: bytes, aad: bytes, nonce: bytes | None = None) -> bytes:
        """Returns a data key sealed under the newest master key (`master_version`); a nonce is of `new_nonces`."""
        return seal_with(self._masters[self.master_version], data_key, aad, nonce)

    def unwrap(self, version: int, wrapped: bytes, aad: bytes) -> bytes:
        """Returns the data key that `wrap` sealed under a master version.

        Raises:
            KeyRefused: the ring does not hold that version.
            SealBroken: the wrapped key does not open.
        """
        master = self._masters.get(version)
        if master is None:
            raise KeyRefused(f"master key {version} is not in this key ring: restore its file, or restart this process")
        return unseal_with(master, wrapped, aad)

    def index(self, version: int) -> KeyedDigest:
        """Returns the blind index of a version as a function of `digests.index_payload`, for long loops."""
        found = self._indexes.get(version)
        if found is None:
            raise KeyRefused(f"index key {version} is not in this key ring: restore its file, or restart this process")
        return found

    def blind_index(self, version: int, scheme: str, value: str) -> bytes:
        """Returns the 32 bytes by which a number is found under one index version."""
        return self.index(version)(index_payload(scheme, value))

    @property
    def digest(self) -> KeyedDigest:
        """The keyed digest of contents: `ring.digest(payload)` gives 32 bytes."""
        return self._digest

    def __repr__(self) -> str:
        return f"KeyRing(master_version={self.master_version}, index_versions={self.index_versions})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key ring does not travel between processes: call KeyRing.load in the other one")


def rotate_master(settings: Settings) -> int:
    """Adds a new master key file and returns its version; `hub.store.rotation.rewrap` then moves the data keys."""
    return keyfiles.add_version(_directory(settings), "master")


def rotate_index(settings: Settings) -> int:
    """Adds a new index key file and returns its version; `hub.store.rotation.rotate_index` then re-indexes."""
    return keyfiles.add_version(_directory(settings), "index")


def retire_master(settings: Settings, version: int) -> None:
    """Removes a master key file that wraps nothing any more."""
    keyfiles.remove_version(_directory(settings), "master", version)


def retire_index(settings: Settings, version: int) -> None:
    """Removes an index key file that finds nothing any more."""
    keyfiles.remove_version(_directory(settings), "index", version)


def _directory(settings: Settings) -> Path:
    if settings.master_key_command:
        raise KeyRefused("the keys come from HUB_MASTER_KEY_COMMAND: add or remove the version where it reads them")
    return settings.keys_path()
