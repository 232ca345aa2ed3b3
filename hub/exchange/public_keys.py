"""The public keys of consumers: which are strong enough, and the one spelling in which they are kept.

A key has many spellings as a JWK (leading zeros), and each has its own thumbprint. It is kept in the canonical one, so
that it has one id and can't come back under another after it was disabled.
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwk as jose
from joserfc.errors import JoseError

_SMALLEST_RSA, _LARGEST_RSA, _EXPONENT = 2048, 4096, 65_537
_PRIME = 2**255 - 19
_ORDER_EIGHT = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
# The y of the points whose order divides eight: under such a key a signature can be made that fits many messages.
_LOW_ORDER = frozenset({0, 1, _PRIME - 1, _ORDER_EIGHT, _PRIME - _ORDER_EIGHT})


class BadKey(ValueError):
    """A key is none that a consumer may have; the message says which ones are."""


def read_public_key(jwk: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Checks a public key and returns it in its canonical spelling, with its thumbprint (RFC 7638).

    Raises:
        BadKey: it is private, weak, or of another kind than Ed25519, P-256 and RSA.
    """
    try:
        key = jose.import_key(dict(jwk))
        kind = key.key_type
        private = kind != "oct" and key.is_private
        public: Any = None if kind == "oct" else key.public_key
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise BadKey("not a public key as a JWK (RFC 7517)") from None
    if private:
        raise BadKey("this is a private key: only its public part may leave the consumer")
    canonical = _canonical(public)
    return canonical, str(jose.import_key(dict(canonical)).thumbprint())


def _canonical(public: Any) -> dict[str, Any]:
    if isinstance(public, Ed25519PublicKey):
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        _check_point(raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": _encode(raw)}
    if isinstance(public, EllipticCurvePublicKey) and public.curve.name == "secp256r1":
        point = public.public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": _encode(point.x.to_bytes(32, "big")),
            "y": _encode(point.y.to_bytes(32, "big")),
        }
    if isinstance(public, RSAPublicKey):
        numbers = public.public_numbers()
        if not _SMALLEST_RSA <= numbers.n.bit_length() <= _LARGEST_RSA:
            raise BadKey(f"an RSA key needs {_SMALLEST_RSA} to {_LARGEST_RSA} bits")
        if numbers.e != _EXPONENT:
            raise BadKey(f"the exponent of an RSA key must be {_EXPONENT}")
        return {"kty": "RSA", "n": _encode(_shortest(numbers.n)), "e": _encode(_shortest(numbers.e))}
    raise BadKey("the key must be Ed25519, P-256 or RSA")


def _check_point(raw: bytes) -> None:
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _PRIME or y in _LOW_ORDER:
        raise BadKey("this Ed25519 key is none that anybody generated: let the consumer make a new one")


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
