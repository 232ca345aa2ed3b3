"""What the checks must be told about one register; everything else they find out by asking it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import httpx
from starlette.types import ASGIApp

from connectors.base import CallContext, Connector, IdentityClaim
from connectors.ports import RegisterConfig
from tests.conformance.answers import Answers

CAPABILITIES = {
    "http": "is asked over HTTP, so that its answers can be spoiled on the way",
    "login": "gives a token at a service of its own",
    "question": "answers a question live",
    "record": "answers its question with a record",
    "verdict": "answers its question with yes or no",
    "feed": "lists what changed in a window",
    "keys": "lists every key that exists, for reconciliation",
    "tombstones": "announces withdrawn records",
    "claims": "is asked by number, name and birth date together",
    "people": "has personal numbers as keys and in its answers, which the environment guard knows",
    "officers": "wants to know which officer asks",
    "signed_time": "checks the time in our signature",
}
"""What a check may need of a register. A register that lacks one says why in `Case.lacks`."""

OFFICER = "an"
CONTEXT = CallContext(
    purpose="prefill",
    legal_basis="Law 91/2025/QH15 art. 19(c)",
    procedure="1.004623",
    dossier="G16.01-261122-0007",
    officer=OFFICER,
)


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A check that a connector may fail until a day, and why; it fails itself when that day or its reason is over."""

    check: str
    reason: str
    until: date


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of a register.

    `claim` finds something to ask about at the twin. The answer is either a record, of which `optional` is a text field
    that may also be empty or absent, or a yes or no in the field `verdict`.
    """

    method: str
    operation: str
    claim: Callable[[httpx.AsyncClient], Awaitable[Any]]
    optional: str | None = None
    verdict: str | None = None

    async def ask(self, connector: Connector, claim: Any, context: CallContext) -> Any:
        """Asks the connector."""
        return await getattr(connector, self.method)(claim, context)

    def traces(self, claim: Any) -> list[str]:
        """Lists the texts of a claim that no error and no log may hold, the number first."""
        return [str(claim)]

    def nobody(self, claim: Any) -> Any:
        """Turns a claim into one that nothing matches."""
        raise NotImplementedError

    def renumbered(self, claim: Any, number: str) -> Any:
        """Puts another number into a claim."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class PersonQuestion(Question):
    """A question about a person, by an identity claim."""

    def traces(self, claim: IdentityClaim) -> list[str]:
        """Lists number and name; a birth year alone is in too many texts."""
        return [claim.personal_id or "", claim.name or ""]

    def nobody(self, claim: IdentityClaim) -> IdentityClaim:
        """Claims another name for the same number."""
        return replace(claim, name="Không Có Ai")

    def renumbered(self, claim: IdentityClaim, number: str) -> IdentityClaim:
        """Claims another number for the same name."""
        return replace(claim, personal_id=number)


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One feed of a register: a closed window that holds at least three pages of `size`.

    `details` is the operation that is asked about each record of the list, where there is one. `withdrawn` are the
    statuses under which the register announces that a record is gone. `whole` says that the window is all of history.
    """

    method: str
    operation: str
    since: datetime
    until: datetime
    size: int = 100
    details: str | None = None
    withdrawn: frozenset[str] = frozenset()
    whole: bool = False

    def operations(self) -> list[str]:
        """Lists what a walk asks for."""
        return [self.operation, *filter(None, [self.details])]


@dataclass(frozen=True, kw_only=True)
class Twin:
    """The twin of a register that is asked over HTTP.

    Attributes:
        app: makes a fresh one, with its control routes below `/_sandbox`.
        path: where the service stands.
        operation: names the operation that a request asks for, as the twin's faults do.
        answers: reads and spoils what it answers.
        login: the operation that gives a token.
    """

    app: Callable[[], ASGIApp]
    path: str
    operation: Callable[[httpx.Request], str]
    answers: Answers
    login: str | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One register as the checks see it.

    Attributes:
        config: makes the settings for a register at an address; they map the officer `an` to a known one.
        twin: the register's twin over HTTP.
        place: prepares a register of another kind (a folder, a database) for one check, and gives its address.
        secrets: what the settings' references name, as the register knows it.
        secret: the one of these references with which the hub signs in.
        lacks: the capabilities that the register does not have, each with its reason.
    """

    config: Callable[[str], RegisterConfig]
    twin: Twin | None = None
    place: Callable[[], AbstractContextManager[str]] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    question: Question | None = None
    feed: Feed | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()

    def __post_init__(self) -> None:
        for capability, reason in self.lacks.items():
            if capability not in CAPABILITIES or not reason.strip():
                raise ValueError(f"{capability}: not a capability, or no reason why it is lacking")
        declared: dict[str, object] = {"question": self.question, "feed": self.feed, "http": self.twin}
        declared["login"] = self.twin and self.twin.login
        declared["record"] = self.question and self.question.optional
        declared["verdict"] = self.question and self.question.verdict
        for capability, value in declared.items():
            if (value is None) is not (capability in self.lacks):
                raise ValueError(f"declare either a {capability} or why there is none")
        if (self.twin is None) is (self.place is None):
            raise ValueError("declare either a twin or a place")
