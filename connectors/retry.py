"""The one retry budget of a call: how often, how long in all, and what to wait between two attempts."""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import structlog
from stamina.instrumentation import RetryDetails

from connectors.errors import ConnectorError, Unavailable

LONGEST_RETRY_AFTER = 86_400.0


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """How much one call may try before it gives up; Airflow then retries only the whole step.

    `attempts` counts the first one too, `seconds` covers everything: waiting for a turn, the attempts and the waits
    between them. `attempt_seconds` bounds one attempt.
    """

    attempts: int = 4
    seconds: float = 120.0
    attempt_seconds: float = 60.0
    first_wait: float = 0.5
    longest_wait: float = 20.0


class Backoff:
    """Decides after each failure whether to try once more, and when; stamina asks it (its "backoff hook").

    A wait doubles from `first_wait` up to `longest_wait`, with jitter in its upper half, so that many workers that
    failed together do not return together. A longer `Retry-After` wins. A wait that would end after `ends` is not
    begun: the caller learns at once, with the register's `retry_after`.
    """

    def __init__(self, budget: RetryBudget, ends: float) -> None:
        self._budget = budget
        self._ends = ends
        self.attempt = 1

    def __call__(self, error: Exception) -> bool | float:
        """Returns the seconds to wait before the next attempt, or False to give up."""
        if not isinstance(error, Unavailable) or self.attempt >= self._budget.attempts:
            return False
        ceiling = min(self._budget.longest_wait, self._budget.first_wait * 2.0 ** (self.attempt - 1))
        wait = max(ceiling * random.uniform(0.5, 1.0), error.retry_after or 0.0)  # noqa: S311 - no secret depends on it
        if time.monotonic() + wait >= self._ends:
            return False
        self.attempt += 1
        return wait


def say_retry(details: RetryDetails) -> None:
    """Logs that a register is asked again: why, and after how many seconds."""
    error = details.caused_by
    about = {"reason": type(error).__name__}
    if isinstance(error, ConnectorError):
        about = {"register": error.register, "operation": error.operation, "code": error.code}
    structlog.get_logger("connectors").warning(
        "register is asked again", **about, attempt=details.retry_num + 1, wait=round(details.wait_for, 2)
    )


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Reads a `Retry-After` header (RFC 9110 §10.2.3), seconds or a date; None for one that makes no sense.

    More than a day is taken for a day: a register that says "in a year" means an outage that a person must look at.
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_RETRY_AFTER)
