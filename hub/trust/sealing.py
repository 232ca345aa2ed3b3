"""Sealing: AES-256-GCM with a random 96-bit nonce in front of the ciphertext (NIST SP 800-38D).

Every sealed value is bound to its place by its additional data, so that one moved to another row does not open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class SealBroken(ValueError):
    """A sealed value does not open: wrong key, wrong place, or changed bytes. The message holds no value."""


def new_data_key() -> bytes:
    """Returns a fresh random key for one subject, batch or entry."""
    return os.urandom(KEY_BYTES)


def new_data_keys(number: int) -> list[bytes]:
    """Returns so many fresh random keys."""
    return list(_draw(KEY_BYTES, number))


def new_nonces(number: int) -> Iterator[bytes]:
    """Returns so many nonces for one loop of sealing: asking the system for each took longer than the encryption."""
    return _draw(NONCE_BYTES, number)


def seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Returns nonce and ciphertext of `plaintext`, bound to `aad`."""
    return seal_with(AESGCM(key), plaintext, aad)


def seal_with(cipher: AESGCM, plaintext: bytes, aad: bytes, nonce: bytes | None = None) -> bytes:
    """Seals under a cipher that is used several times: setting one up costs more than sealing a record.

    A nonce, if one is given, is of `new_nonces` and used for nothing else.
    """
    nonce = nonce or os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plaintext, aad)


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Returns the plaintext of what `seal` made.

    Raises:
        SealBroken: the key, the place or the bytes are not those of the sealing.
    """
    return unseal_with(AESGCM(key), sealed, aad)


def unseal_with(cipher: AESGCM, sealed: bytes, aad: bytes) -> bytes:
    """Unseals under a cipher that is used several times; raises as `unseal` does."""
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):
        # `from None`: nothing of the ciphertext may travel in a traceback.
        raise SealBroken("a sealed value does not open under its key and place") from None


def record_aad(register: str, kind: str, identifier_id: int) -> bytes:
    """Returns the place of a register's record: it stands under one number."""
    return f"{register}|{kind}|{identifier_id}".encode()


def subject_aad(subject_id: int) -> bytes:
    """Returns the place of a subject's wrapped data key."""
    return b"subject|%d" % subject_id


def identifier_aad(identifier_id: int) -> bytes:
    """Returns the place of a sealed number."""
    return b"identifier|%d" % identifier_id


def _draw(size: int, number: int) -> Iterator[bytes]:
    """Cuts one draw of the system's randomness into pieces; nothing of it outlives the loop that it was drawn for."""
    drawn = os.urandom(size * number)
    return (drawn[start : start + size] for start in range(0, size * number, size))
