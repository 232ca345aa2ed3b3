"""Connectors that read an answer or an error as another one. Each differs from `Tiny` in one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.records import FieldProblem
from connectors.rest import Rest
from tests.conformance.broken.tiny import SERVICE, Tiny

Reading = Callable[[ConnectorError], ConnectorError | None]


class _Misreading(Rest):
    """Makes another error out of one, or none."""

    __slots__ = ("reading",)
    reading: Reading

    async def _ask(self, *asked: Any) -> dict[str, Any]:
        try:
            return await super()._ask(*asked)
        except ConnectorError as error:
            if (other := self.reading(error)) is None:
                return {"status": "1", "people": [], "rows": [], "page": 1, "total": 0}
            raise other from None
        except FieldProblem:
            if self.reading(BrokenContract("tiny", "find", "unreadable")) is None:
                return {"status": "1", "people": [], "rows": [], "page": 1, "total": 0}
            raise


def _misreading(reading: Reading) -> Rest:
    service = _Misreading(**SERVICE)
    object.__setattr__(service, "reading", reading)
    return service


def _as(kind: type[ConnectorError], code: str, *codes: str) -> Rest:
    def reading(error: ConnectorError) -> ConnectorError:
        return kind(error.register, error.operation, code) if error.code in codes else error

    return _misreading(reading)


def _without_wait(error: ConnectorError) -> ConnectorError:
    if isinstance(error, Unavailable):
        error.retry_after = None
    return error


def _without_dates(error: ConnectorError) -> ConnectorError:
    if isinstance(error, Unavailable) and error.retry_after and not float(error.retry_after).is_integer():
        error.retry_after = None
    return error


class TakesErrorsForNobody(Tiny):
    """Reads whatever it can't read as "nobody"."""

    service = _misreading(lambda error: None if isinstance(error, Unavailable | BrokenContract) else error)


class TakesRefusalsForNobody(Tiny):
    """Reads a status that it does not know as "nobody"."""

    service = _misreading(lambda error: None if error.code == "http_refused" else error)


class TriesWrongSecretsAgain(Tiny):
    """Takes a refused sign-in for an outage."""

    service = _as(Unavailable, "server_error", "credentials", "login_refused")


class TriesForbiddenAgain(Tiny):
    """Takes a missing right for an outage."""

    service = _as(Unavailable, "server_error", "forbidden")


class TriesRefusalsAgain(Tiny):
    """Takes a refused question for an outage."""

    service = _as(Unavailable, "server_error", "http_refused")


class GivesUpOnServerErrors(Tiny):
    """Takes an outage for a broken contract."""

    service = _as(BrokenContract, "unreadable", "server_error")


class MissesThrottling(Tiny):
    """Takes throttling for an illness."""

    service = _as(Unavailable, "server_error", "throttled")


class GivesUpOnConnections(Tiny):
    """Takes a failed connection for a wrong setting."""

    service = _as(Refused, "address_invalid", "connection")


class GivesUpOnBrokenAnswers(Tiny):
    """Takes an answer that broke off for a broken contract."""

    service = _as(BrokenContract, "unreadable", "truncated")


class ForgetsRetryAfter(Tiny):
    """Does not look at `Retry-After`."""

    service = _misreading(_without_wait)


class ReadsNoDates(Tiny):
    """Reads `Retry-After` as seconds only."""

    service = _misreading(_without_dates)


class ReadsWithoutLimit(Tiny):
    """Takes answers of any size."""

    service = Rest(**{**SERVICE, "max_bytes": 10**12})


class SignsInOnce(Tiny):
    """Takes an expired sign-in for a missing right, and does not sign in anew."""

    service = Rest(**{**SERVICE, "codes": {**SERVICE["codes"], "TOKEN_EXPIRED": (Denied, "forbidden")}})


class BlamesTheSecret(Tiny):
    """Knows nothing of clocks."""

    service = Rest(**{**SERVICE, "codes": {}, "signs_time": False})
