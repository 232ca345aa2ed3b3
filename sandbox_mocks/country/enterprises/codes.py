"""Ten-digit enterprise codes (MST) of an invented block, and which enterprise has which.

Every code begins with 99, which no tax office's block does. The other digits are a permuted place; ninth digits after
which the check digit would be 10 are left out, so that every place gives a code that may be issued.
"""

from __future__ import annotations

from sandbox_mocks.country.permutation import Keyring

PREFIX = "99"
_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_INVERSE_OF_LAST_WEIGHT = 4
_PER_BLOCK = 9
_BLOCKS = 999_999
CAPACITY = _BLOCKS * _PER_BLOCK


def check_digit(body: str) -> str | None:
    """Returns the tenth digit for nine, or None when the remainder makes them not issuable."""
    digit = 10 - sum(weight * int(each) for weight, each in zip(_WEIGHTS, body, strict=True)) % 11
    return None if digit == 10 else str(digit)


class Codes:
    """The ten-digit codes of one country."""

    def __init__(self, keys: Keyring) -> None:
        self._places = keys.permutation(CAPACITY, "enterprise codes")

    def code(self, firm: int) -> str:
        """Returns the code of the n-th enterprise."""
        block, step = divmod(self._places.forward(firm), _PER_BLOCK)
        head = f"{PREFIX}{block + 1:06d}"
        body = f"{head}{_allowed(head)[step]}"
        return f"{body}{check_digit(body)}"

    def find(self, code: str) -> int | None:
        """Returns whose place a rightly checked code is; whether anyone has that place is for the caller to know."""
        if not _digits(code) or check_digit(code[:9]) != code[9]:
            return None
        return self._at(code[:8], int(code[8]))

    def find_by_body(self, body: str) -> int | None:
        """Returns whose first nine digits these are."""
        return None if check_digit(body) is None else self._at(body[:8], int(body[8]))

    def unissuable(self, firm: int) -> str | None:
        """Returns a code like the enterprise's whose remainder is 10, with 0 for the tenth digit; None: there is
        none."""
        head = self.code(firm)[:8]
        ninth = _forbidden(head)
        return None if ninth is None else f"{head}{ninth}0"

    def neighbours(self, code: str) -> list[int]:
        """Returns the places whose codes share the first eight digits of this one."""
        found = (self._at(code[:8], ninth) for ninth in _allowed(code[:8])) if _digits(code) else ()
        return [firm for firm in found if firm is not None]

    def _at(self, head: str, ninth: int) -> int | None:
        block, allowed = int(head[2:]) - 1, _allowed(head)
        if not head.startswith(PREFIX) or block < 0 or ninth not in allowed:
            return None
        return self._places.backward(block * _PER_BLOCK + allowed.index(ninth))


def _digits(code: str) -> bool:
    return len(code) == 10 and code.isascii() and code.isdigit()


def _forbidden(head: str) -> int | None:
    """Returns the ninth digit that would leave no tenth one: it makes the weighted sum a multiple of 11."""
    reached = sum(weight * int(each) for weight, each in zip(_WEIGHTS, head, strict=False))
    ninth = -reached * _INVERSE_OF_LAST_WEIGHT % 11
    return ninth if ninth < 10 else None


def _allowed(head: str) -> list[int]:
    forbidden = _forbidden(head)
    return [ninth for ninth in range(10) if ninth != forbidden][:_PER_BLOCK]
