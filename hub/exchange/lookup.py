"""Assembling an answer from what the store holds: pure, so that every rule of it can be read and tested here.

A stored record is released only to a complete claim (number, name and birth date) under a number that is in use, for an
open dossier about that very person. Everything else gives one and the same answer, `no_match` without data: no record,
another name, an old nine-digit number of nobody, of one person or of two. Only the exchange log tells these apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.exchange.guesses import MOST_MISMATCHES, locked
from hub.exchange.match import Claim, NameLevel, agreement
from hub.exchange.policy import Permit
from hub.exchange.query import REGISTER, Found, StoredRecord
from hub.exchange.refusals import InvalidParam, Refused
from schemas.canonical import ATTRIBUTES

COMPLETE, PARTIAL, NO_MATCH, INCOMPLETE_CLAIM = "complete", "partial", "no_match", "incomplete_claim"

ASK_CITIZEN = "ask_citizen"
_GUESSED = frozenset({"claim.no_record", "claim.differs"})
_WITHOUT_SPOUSE = frozenset({"single", "divorced", "widowed"})
_PLACES = frozenset({"person.residence", "person.current_residence", "person.origin", "person.birth_registration"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller is told; `reason` is for the exchange log alone."""

    outcome: str
    attributes: dict[str, dict[str, Any]]
    alerts: list[str] = field(default_factory=list)
    match: NameLevel | None = None
    reason: str | None = None
    released: list[str] = field(default_factory=list)

    @property
    def guessed(self) -> bool:
        """Tells whether a complete claim met nothing that it agrees with: it may have been a guess."""
        return self.reason in _GUESSED


def check_dossier(found: Found, claim: Claim, procedure: str) -> None:
    """Refuses a lookup that no open dossier about this person and procedure stands behind.

    Raises:
        Refused: with the code of what is wrong; the same for a number of another person and a number of nobody.
    """
    if found.dossier is None:
        raise Refused("dossier.unregistered", (InvalidParam("dossier", "not_registered"),))
    if not found.dossier.open:
        raise Refused("dossier.closed", (InvalidParam("dossier", "closed"),))
    if len(found.dossier.mismatches) >= MOST_MISMATCHES:
        raise locked()
    if found.dossier.procedure != procedure:
        raise Refused("dossier.other_procedure", (InvalidParam("procedure", "not_of_dossier"),))
    if claim.personal_id is not None and found.number_status is None:
        raise Refused("dossier.other_subject", (InvalidParam("subject.personal_id", "not_of_dossier"),))


def assemble(permit: Permit, claim: Claim, found: Found, max_age: timedelta | None, now: datetime) -> Answer:
    """Turns what was found into the answer for a dossier that `check_dossier` has let pass."""
    missing = claim.missing()
    if missing:
        return _nothing(permit, INCOMPLETE_CLAIM, "claim.incomplete", missing)
    if claim.personal_id is None:
        # The same words for no, one or two holders: the old number proves nothing by itself.
        reason = "claim.ambiguous" if found.holders > 1 else "claim.former_id"
        return _nothing(permit, NO_MATCH, reason, ["subject.personal_id"])
    if found.record is None:
        return _nothing(permit, NO_MATCH, "claim.no_record")
    level = agreement(claim, found.record.fields)
    if level is None:
        return _nothing(permit, NO_MATCH, "claim.differs")
    if found.number_status != "current":
        # Who knows number, name and birth date of a cancelled number learns that it is cancelled, and nothing else:
        # the register gives data only under the number in use.
        alert = "number_replaced" if found.replaced else "number_cancelled"
        return _nothing(permit, NO_MATCH, "claim.number_cancelled", ["subject.personal_id"], [alert])
    return _released(permit, found.record, level, max_age, now)


def _nothing(
    permit: Permit, outcome: str, reason: str, needs: list[str] | None = None, alerts: list[str] | None = None
) -> Answer:
    unknown: dict[str, Any] = {"status": "unknown", "fallback": ASK_CITIZEN}
    if needs:
        unknown["needs"] = needs
    attributes = dict.fromkeys(permit.released, unknown) | _withheld(permit)
    return Answer(outcome, attributes, alerts or [], reason=reason)


def _withheld(permit: Permit) -> dict[str, dict[str, Any]]:
    return {name: {"status": "withheld", "fallback": ASK_CITIZEN} for name in permit.withheld}


def _released(
    permit: Permit, record: StoredRecord, level: NameLevel, max_age: timedelta | None, now: datetime
) -> Answer:
    fields = record.fields
    if record.waiting:
        status = "under_correction"
    elif max_age is not None and now - record.fetched_at > max_age:
        status = "stale"
    else:
        status = "ok"
    provenance = {
        "source": REGISTER,
        "updated_at": _instant(record.source_version),
        "fetched_at": record.fetched_at,
        "freshness": "stored",
    }
    attributes: dict[str, dict[str, Any]] = {}
    released: list[str] = []
    complete = status == "ok" and not permit.withheld
    for name in permit.released:
        value = value_of(name, fields)
        if value is not None:
            answer: dict[str, Any] = {"status": status, "value": value}
            precision = _precision(name, value)
            if precision is not None:
                answer["precision"] = precision
            answer.update(provenance)
            answer["editable"] = name in permit.editable
            released.append(name)
        elif name == "person.spouse" and fields.get("marital_status") in _WITHOUT_SPOUSE:
            answer = {"status": "not_applicable", "source": REGISTER}
        else:
            # A register that sends nothing has not said that there is nothing.
            answer = {"status": "unknown", "fallback": ASK_CITIZEN}
            complete = False
        attributes[name] = answer
    attributes.update(_withheld(permit))
    alerts = ["deceased"] if fields.get("life_status") == "deceased" else []
    return Answer(COMPLETE if complete else PARTIAL, attributes, alerts, level, released=released)


def value_of(name: str, fields: dict[str, str]) -> str | dict[str, Any] | None:
    """Reads an attribute out of a flat record: a text, or an object for a place, a relative or a household."""
    own, keys = ATTRIBUTES[name].own, ATTRIBUTES[name].keys
    if keys == (own,):
        return fields.get(own)
    cut = len(own) + 1
    group: dict[str, Any] = {key[cut:]: fields[key] for key in keys if key in fields}
    candidates = group.get("commune_candidates")
    if candidates is not None:
        group["commune_candidates"] = candidates.split("|")
    return group or None


def _precision(name: str, value: Any) -> str | None:
    if name == "person.birth_date":
        return {4: "year", 7: "month"}.get(len(value), "day")
    if name in _PLACES:
        return next((part for part in ("commune", "province", "country") if part in value), None)
    return None


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
