"""Which public keys a consumer may have, and that each has one spelling and so one id."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from joserfc import jwk

from hub.exchange.public_keys import BadKey, read_public_key

_PRIME = 2**255 - 19
_ORDER_EIGHT = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _made(kind: Any, size: Any) -> dict[str, Any]:
    key: Any = jwk.generate_key(kind, size, private=True)
    return dict(key.as_dict(private=False))


def _rsa(bits: int, exponent: int) -> dict[str, Any]:
    number = (1 << (bits - 1)) | 1
    return {
        "kty": "RSA",
        "n": _encode(number.to_bytes((bits + 7) // 8, "big")),
        "e": _encode(exponent.to_bytes(8, "big").lstrip(b"\0")),
    }


@pytest.mark.parametrize(
    "key", [_rsa(2047, 65_537), _rsa(1024, 65_537), _rsa(8192, 65_537), _rsa(2048, 3), _rsa(2048, 2**32 + 1)]
)
def test_weak_rsa_keys_are_refused(key: dict[str, Any]) -> None:
    """Too short by a bit, so long that checking it is an attack, or with a small or an odd exponent."""
    with pytest.raises(BadKey):
        read_public_key(key)


def test_leading_zeros_do_not_make_an_rsa_key_longer() -> None:
    """The size of the number counts, not that of its text."""
    weak = _rsa(1024, 65_537)
    with pytest.raises(BadKey, match="2048"):
        read_public_key(weak | {"n": _encode(bytes(160) + _decode(weak["n"]))})


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize(
    "y", [0, 1, _PRIME - 1, _PRIME, _PRIME + 1, int.from_bytes(bytes.fromhex(_ORDER_EIGHT), "little")]
)
def test_ed25519_keys_of_low_order_are_refused(y: int, sign: int) -> None:
    """Nobody generated such a key; under it a forged signature fits many messages."""
    with pytest.raises(BadKey):
        read_public_key({"kty": "OKP", "crv": "Ed25519", "x": _encode((y | sign).to_bytes(32, "little"))})


@pytest.mark.parametrize(("kind", "size"), [("OKP", "Ed25519"), ("EC", "P-256"), ("RSA", 2048)])
def test_a_key_has_one_spelling(kind: str, size: Any) -> None:
    """Leading zeros and members that are no part of the key change neither it nor its id."""
    plain = _made(kind, size)
    canonical, kid = read_public_key(plain)
    spelled = {**plain, "use": "sig", "kid": "mine"}
    if kind == "RSA":
        spelled |= {name: _encode(bytes(3) + _decode(plain[name])) for name in ("n", "e")}
    assert read_public_key(spelled) == (canonical, kid)
    assert canonical == {member: plain[member] for member in canonical}
    assert kid == jwk.import_key(plain).thumbprint()
