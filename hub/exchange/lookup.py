"""Assembling an answer from what the store holds: pure, so that every rule of it can be read and tested here.

A stored record is released only to a complete claim under a number that is in use, for an open dossier about that very
person or enterprise: number, name and birth date of a person, code and name of an enterprise. Everything else gives one
and the same answer without data: no record, another name, an old nine-digit number of nobody, of one person or of two.
Only the exchange log tells these apart. Each of two claims is judged for itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.exchange.claims import Verdict, judge_enterprise, judge_person
from hub.exchange.found import Found, FoundSubject, StoredRecord
from hub.exchange.guesses import MOST_MISMATCHES, locked
from hub.exchange.match import Claim, Claims, EnterpriseClaim, NameLevel
from hub.exchange.needs import SUBJECT_REPRESENTS
from hub.exchange.policy import Permit
from hub.exchange.refusals import InvalidParam, Refused
from hub.exchange.role_answers import instant, listed, oldest, represents
from hub.exchange.values import READERS, Reader
from schemas.canonical import ATTRIBUTES, Subject

COMPLETE, PARTIAL, NO_MATCH, INCOMPLETE_CLAIM = "complete", "partial", "no_match", "incomplete_claim"

ASK_CITIZEN = "ask_citizen"
_CLAIMED_AS: dict[Subject, str] = {"person": "subject", "organisation": "enterprise"}
_MATCHED_AS: dict[Subject, str] = {"person": "name", "organisation": "enterprise"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller is told; `reason` is for the exchange log alone. `guesses` may have been tries."""

    outcome: str
    attributes: dict[str, dict[str, Any]]
    alerts: list[str] = field(default_factory=list)
    match: dict[str, NameLevel] | None = None
    reason: str | None = None
    released: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)


def check_dossier(found: Found, claims: Claims, procedure: str) -> None:
    """Refuses a lookup that no open dossier about this person or enterprise and procedure stands behind.

    Raises:
        Refused: with the code of what is wrong; the same for a number of somebody else and a number of nobody.
    """
    if found.dossier is None:
        raise Refused("dossier.unregistered", (InvalidParam("dossier", "not_registered"),))
    if not found.dossier.open:
        raise Refused("dossier.closed", (InvalidParam("dossier", "closed"),))
    if len(found.dossier.mismatches) >= MOST_MISMATCHES:
        raise locked()
    if found.dossier.procedure != procedure:
        raise Refused("dossier.other_procedure", (InvalidParam("procedure", "not_of_dossier"),))
    wrong: list[str] = []
    if claims.person is not None:
        if claims.person.personal_id is None:
            # An old number is of no use to tell whose it is; but there must be a person whose it could be.
            wrong += ["subject.former_id"] if found.dossier.subject_id is None else []
        elif found.person is None or found.person.number_status is None:
            wrong.append("subject.personal_id")
    if claims.enterprise is not None and (found.enterprise is None or found.enterprise.number_status is None):
        wrong.append("enterprise.enterprise_code")
    if wrong:
        raise Refused("dossier.other_subject", tuple(InvalidParam(path, "not_of_dossier") for path in wrong))


def assemble(permit: Permit, claims: Claims, found: Found, max_age: timedelta | None, now: datetime) -> Answer:
    """Turns what was found into the answer for a dossier that `check_dossier` has let pass."""
    return _Assembly(permit, claims, found, max_age, now).answer()


class _Assembly:
    """One answer while it is being put together."""

    def __init__(self, permit: Permit, claims: Claims, found: Found, max_age: timedelta | None, now: datetime) -> None:
        self._permit, self._claims, self._found = permit, claims, found
        self._max_age, self._now = max_age, now
        self._parts: dict[Subject, FoundSubject] = {}
        self._verdicts: dict[Subject, Verdict] = {}
        self._guesses: list[str] = []
        if claims.person is not None and found.person is not None:
            self._judged("person", claims.person, found.person, judge_person(claims.person, found.person))
        if claims.enterprise is not None and found.enterprise is not None:
            verdict = judge_enterprise(claims.enterprise, found.enterprise)
            self._judged("organisation", claims.enterprise, found.enterprise, verdict)
        self._provenances: dict[str, tuple[str, dict[str, Any]]] = {}
        self._sources: set[str] = set()
        self._released: list[str] = []
        self._complete = not permit.withheld

    def answer(self) -> Answer:
        """Answers every attribute, and says how the whole ended."""
        attributes = {name: self._attribute(name) for name in self._permit.released}
        withheld = {"status": "withheld", "fallback": ASK_CITIZEN}
        attributes.update((name, withheld) for name in self._permit.withheld)
        levels = {_MATCHED_AS[subject]: verdict.level for subject, verdict in self._verdicts.items() if verdict.level}
        reasons = [each.reason for each in self._verdicts.values() if each.reason]
        return Answer(
            self._outcome(),
            attributes,
            list(self._alerts()),
            levels or None,
            " ".join(reasons) or None,
            self._released,
            sorted(self._sources),
            self._guesses,
        )

    def _judged(self, subject: Subject, claim: Claim | EnterpriseClaim, part: FoundSubject, verdict: Verdict) -> None:
        self._verdicts[subject], self._parts[subject] = verdict, part
        if verdict.guessed:
            self._guesses.append(claim.guess())

    def _outcome(self) -> str:
        verdicts = self._verdicts.values()
        if not any(verdict.level for verdict in verdicts):
            return INCOMPLETE_CLAIM if all(verdict.incomplete for verdict in verdicts) else NO_MATCH
        return COMPLETE if self._complete and all(verdict.level for verdict in verdicts) else PARTIAL

    def _alerts(self) -> Iterable[str]:
        """Tells, unasked, what an official must know before going on."""
        for subject, verdict in self._verdicts.items():
            yield from verdict.alerts
            record = self._parts[subject].record
            if verdict.level is None or record is None:
                continue
            if subject == "person" and record.fields.get("life_status") == "deceased":
                yield "deceased"
            if subject == "organisation" and record.fields.get("status", "active") != "active":
                yield f"enterprise_{record.fields['status']}"

    def _attribute(self, name: str) -> dict[str, Any]:
        reader = READERS[name]
        if reader.is_role:
            return self._role(name)
        refused = self._unsaid(reader.subject)
        if refused is not None:
            return refused
        part = self._parts[reader.subject]
        record = part.record if reader.governs else part.others.get(reader.kind)
        return self._unknown() if record is None else self._of_record(reader, record)

    def _role(self, name: str) -> dict[str, Any]:
        refused = self._unsaid("person")
        if refused is not None:
            return refused
        if name != SUBJECT_REPRESENTS:
            return self._roles(name)
        return self._unsaid("organisation") or self._subject_represents(name)

    def _unsaid(self, subject: Subject) -> dict[str, Any] | None:
        """Answers an attribute of somebody of whom nothing may be said; None when something may."""
        verdict = self._verdicts.get(subject)
        if verdict is not None:
            return None if verdict.level else self._unknown(verdict.needs)
        if self._found.dossier is not None and self._found.dossier.about(subject) is None:
            return {"status": "not_applicable"}
        return self._unknown([_CLAIMED_AS[subject]])

    def _unknown(self, needs: list[str] | None = None) -> dict[str, Any]:
        # A register that sends nothing has not said that there is nothing.
        self._complete = False
        answer: dict[str, Any] = {"status": "unknown", "fallback": ASK_CITIZEN}
        return answer | {"needs": needs} if needs else answer

    def _of_record(self, reader: Reader, record: StoredRecord) -> dict[str, Any]:
        value = reader.value(record.fields)
        if value is None:
            if reader.not_applicable(record.fields):
                return {"status": "not_applicable", "source": record.source}
            return self._unknown()
        status, provenance = self._provenances.get(reader.kind) or self._provenance(reader.kind, record)
        answer: dict[str, Any] = {"status": status, "value": value}
        precision = reader.precision(value)
        if precision is not None:
            answer["precision"] = precision
        return self._release(reader.name, answer, provenance)

    def _provenance(self, kind: str, record: StoredRecord) -> tuple[str, dict[str, Any]]:
        """Says where the record of a kind comes from; the same for all attributes that it holds."""
        made = self._provenances[kind] = (
            self._status(record, waiting=record.waiting),
            {
                "source": record.source,
                "updated_at": instant(record.source_version),
                "fetched_at": record.fetched_at,
                "freshness": "stored",
            },
        )
        return made

    def _status(self, record: StoredRecord, *, waiting: bool) -> str:
        status = "ok"
        if waiting:
            status = "under_correction"
        elif self._max_age is not None and self._now - record.fetched_at > self._max_age:
            status = "stale"
        self._complete = self._complete and status == "ok"
        return status

    def _release(self, name: str, answer: dict[str, Any], provenance: dict[str, Any]) -> dict[str, Any]:
        answer.update(provenance)
        answer["editable"] = name in self._permit.editable
        self._released.append(name)
        self._sources.add(provenance["source"])
        return answer

    def _roles(self, name: str) -> dict[str, Any]:
        held, claim, person = self._found.roles, self._claims.person, self._parts["person"].record
        if held is None or claim is None or person is None or name in held.too_many:
            return self._unknown()
        value, provenance = listed(name, held, claim)
        if not value:
            if name not in held.complete:
                return self._unknown()
            return {"status": "none_on_file", "source": ATTRIBUTES[name].kind.sources[0]}
        complete = name in held.complete
        self._complete = self._complete and complete
        records = held.represents if name == "role.represents" else held.owns
        status = self._status(oldest(records), waiting=any(record.waiting for record in records))
        return self._release(name, {"status": status, "value": value, "complete": complete}, provenance)

    def _subject_represents(self, name: str) -> dict[str, Any]:
        held, claim, enterprise = self._found.roles, self._claims.person, self._parts["organisation"].record
        if held is None or claim is None or enterprise is None:
            return self._unknown()
        value = represents(held, claim, enterprise.fields)
        if value is None:
            return self._unknown()
        kind = READERS[name].kind
        status, provenance = self._provenances.get(kind) or self._provenance(kind, enterprise)
        return self._release(name, {"status": status, "value": value}, provenance)
