"""Keyed permutations and hashes: how a country of any size is computed instead of stored."""

from __future__ import annotations

import hashlib
from math import isqrt

_TABLE_SIZE = 8192
_MASK = _TABLE_SIZE - 1


class Keyring:
    """Everything random about one country, derived from its seed."""

    def __init__(self, seed: int) -> None:
        self._key = hashlib.blake2b(f"country:{seed}".encode(), digest_size=32).digest()
        stream = hashlib.shake_256(self._key).digest(4 * _TABLE_SIZE)
        self._table = [int.from_bytes(stream[at : at + 4], "little") >> 1 for at in range(0, len(stream), 4)]

    def genes(self, index: int) -> bytes:
        """Returns the 64 bytes from which every personal choice of one person is taken."""
        return hashlib.blake2b(index.to_bytes(8, "little"), digest_size=64, key=self._key).digest()

    def roll(self, domain: bytes, index: int, version: int) -> int:
        """Returns a 64-bit number for one person and one version in a named domain."""
        payload = domain + index.to_bytes(8, "little") + version.to_bytes(8, "little")
        return int.from_bytes(hashlib.blake2b(payload, digest_size=8, key=self._key).digest(), "little")

    def number(self, label: str) -> int:
        """Returns a 64-bit number for a label: shifts and phases."""
        return int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8, key=self._key).digest(), "little")

    def permutation(self, size: int, label: str) -> Permutation:
        """Returns the permutation of `range(size)` that belongs to a label."""
        return Permutation(size, self._table, self.number(label))


class Permutation:
    """A permutation of `range(size)` and its inverse, in constant time and memory.

    A four-round Feistel network over a rectangle of about `size` points; the few points outside the range are walked
    over (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
    """

    __slots__ = ("_a", "_b", "_k1", "_k2", "_k3", "_k4", "_table", "size")

    def __init__(self, size: int, table: list[int], key: int) -> None:
        self.size = size
        self._a = isqrt(max(size, 1) - 1) + 1
        self._b = -(-max(size, 1) // self._a)
        self._table = table
        self._k1, self._k2, self._k3, self._k4 = ((key >> (13 * n)) & _MASK for n in range(4))

    def forward(self, x: int) -> int:
        """Returns the place of `x`, which must be in `range(size)`."""
        a, b, table = self._a, self._b, self._table
        while True:
            left, right = divmod(x, b)
            left = (left + table[(right + self._k1) & _MASK]) % a
            right = (right + table[(left + self._k2) & _MASK]) % b
            left = (left + table[(right + self._k3) & _MASK]) % a
            right = (right + table[(left + self._k4) & _MASK]) % b
            x = left * b + right
            if x < self.size:
                return x

    def backward(self, x: int) -> int:
        """Returns what `forward` put at place `x`."""
        a, b, table = self._a, self._b, self._table
        while True:
            left, right = divmod(x, b)
            right = (right - table[(left + self._k4) & _MASK]) % b
            left = (left - table[(right + self._k3) & _MASK]) % a
            right = (right - table[(left + self._k2) & _MASK]) % b
            left = (left - table[(right + self._k1) & _MASK]) % a
            x = left * b + right
            if x < self.size:
                return x
