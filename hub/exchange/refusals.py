"""How the exchange refuses a call: by a stable code that the API turns into a problem document.

    Refused              the call as it stands will never be answered: change it
    ├── Unauthenticated  no acceptable token or assertion: get another one
    └── Unready          nothing is wrong with the call: repeat it after `retry_after` seconds

A refusal carries field paths and codes, never a value of the call.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InvalidParam:
    """One wrong part of a request: its dotted path and the code of the reason."""

    name: str
    reason: str


class Refused(Exception):
    """A call is refused; `code` is documented in `docs/errors.md`."""

    def __init__(
        self, code: str, invalid_params: tuple[InvalidParam, ...] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.invalid_params = invalid_params
        self.retry_after = retry_after


class Unauthenticated(Refused):
    """The caller did not prove who it is."""


class Unready(Refused):
    """The hub can't answer now; the same call may be repeated later."""

    def __init__(self, code: str, retry_after: int = 5) -> None:
        super().__init__(code, retry_after=retry_after)
