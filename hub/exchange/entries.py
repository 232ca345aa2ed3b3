"""One entry of the exchange log: who asked, about whom, why, for what, and how it ended. Never a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from hub.exchange.exchange_id import new_exchange_id

Kind = Literal["token", "dossier", "lookup", "procedures", "administration", "steward", "unknown"]

REFUSED = "refused"


@dataclass(slots=True)
class LogEntry:
    """An entry that is being filled while its call is served: `subject_id` is the person, `organisation_id` the
    enterprise that it is about.

    `officer` is set only once it is known to be one of the consumer's: a caller may send anything there. Procedure and
    dossier are set only when they have the form of such a code.
    """

    kind: Kind
    exchange_id: UUID = field(default_factory=new_exchange_id)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    consumer_id: str | None = None
    officer: str | None = None
    subject_id: int | None = None
    organisation_id: int | None = None
    procedure: str | None = None
    dossier: str | None = None
    legal_basis: str | None = None
    attributes: list[str] | None = None
    sources: list[str] | None = None
    outcome: str = REFUSED
    code: str | None = None
    request_digest: bytes | None = None
    answer_digest: bytes | None = None
