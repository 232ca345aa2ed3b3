"""Sealing and digests: what opens, what does not, and that they match the standards."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.settings import Settings
from hub.trust.digests import KeyedDigest
from hub.trust.keys import KeyRefused, KeyRing
from hub.trust.sealing import SealBroken, new_data_key, record_aad, seal, unseal

KEY = new_data_key()


@given(plaintext=st.binary(max_size=2000), aad=st.binary(max_size=50))
def test_sealed_opens_again(plaintext: bytes, aad: bytes) -> None:
    """What was sealed opens under the same key and place."""
    assert unseal(KEY, seal(KEY, plaintext, aad), aad) == plaintext


def test_every_changed_bit_breaks_the_seal() -> None:
    """A sealed value with any bit changed does not open."""
    sealed = seal(KEY, b"document", b"place")
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            unseal(KEY, bytes(changed), b"place")


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 12, b"x" * 27])
def test_truncated_value_does_not_open(sealed: bytes) -> None:
    """A value that is too short to be sealed is refused like any other."""
    with pytest.raises(SealBroken):
        unseal(KEY, sealed, b"place")


def test_sealed_value_opens_only_in_its_place() -> None:
    """A record's ciphertext under another number, kind or key does not open, and the error holds no value."""
    sealed = seal(KEY, b"document", record_aad("population", "person", 7))

    for key, aad in [
        (KEY, record_aad("population", "person", 8)),
        (KEY, record_aad("population", "household", 7)),
        (new_data_key(), record_aad("population", "person", 7)),
    ]:
        with pytest.raises(SealBroken) as caught:
            unseal(key, sealed, aad)
        assert caught.value.__cause__ is None
        assert "document" not in str(caught.value)


def test_same_plaintext_never_seals_to_the_same_bytes() -> None:
    """Equal documents are not equal when sealed."""
    assert len({seal(KEY, b"document", b"") for _ in range(1000)}) == 1000


@given(payload=st.binary(max_size=500), key=st.binary(min_size=32, max_size=32))
def test_keyed_digest_is_hmac_sha_256(payload: bytes, key: bytes) -> None:
    """The digest is HMAC-SHA-256, as the standard library computes it."""
    assert KeyedDigest(key)(payload) == hmac.new(key, payload, hashlib.sha256).digest()


def test_blind_index_depends_on_scheme_version_and_key(tmp_path: Path) -> None:
    """One number has another index under another scheme, another version and another hub."""
    settings = Settings(_env_file=None, keys_dir=tmp_path / "one")
    ring = KeyRing.create(tmp_path / "one")
    other = KeyRing.create(tmp_path / "two")
    value = "100050000017"

    found = {
        ring.blind_index(1, "personal_id", value),
        ring.blind_index(1, "former_id", value),
        other.blind_index(1, "personal_id", value),
        ring.digest(value.encode()),
    }

    assert len(found) == 4
    assert KeyRing.load(settings).blind_index(1, "personal_id", value) in found
    with pytest.raises(KeyRefused, match="index key 2"):
        ring.blind_index(2, "personal_id", value)
