"""Judging a claim about one person or enterprise against what is stored: agreed, or why not."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.exchange.found import FoundSubject
from hub.exchange.match import Claim, EnterpriseClaim, NameLevel

_INCOMPLETE = frozenset({"claim.incomplete", "enterprise.incomplete"})
_GUESSED = frozenset({"claim.no_record", "claim.differs", "enterprise.no_record", "enterprise.differs"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one claim: `level` when it agrees, else `reason`, which is for the exchange log alone.

    `needs` are the parts of the request without which nothing is said, `alerts` what its caller is told all the same.
    """

    level: NameLevel | None = None
    reason: str | None = None
    needs: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)

    @property
    def incomplete(self) -> bool:
        """Tells whether the claim lacked a part, so that nothing was compared."""
        return self.reason in _INCOMPLETE

    @property
    def guessed(self) -> bool:
        """Tells whether a complete claim met nothing that it agrees with: it may have been a guess."""
        return self.reason in _GUESSED


def judge_person(claim: Claim, found: FoundSubject) -> Verdict:
    """Judges the claim about a person for a dossier that `check_dossier` has let pass."""
    missing = claim.missing()
    if missing:
        return Verdict(reason="claim.incomplete", needs=missing)
    if claim.personal_id is None:
        # The same words for no, one or two holders: the old number proves nothing by itself.
        reason = "claim.ambiguous" if found.holders > 1 else "claim.former_id"
        return Verdict(reason=reason, needs=["subject.personal_id"])
    if found.record is None:
        return Verdict(reason="claim.no_record")
    level = claim.agreement(found.record.fields)
    if level is None:
        return Verdict(reason="claim.differs")
    if found.number_status == "current":
        return Verdict(level)
    # Who knows number, name and birth date of a cancelled number learns that it is cancelled, and nothing else: the
    # register gives data only under the number in use.
    alert = "number_replaced" if found.replaced else "number_cancelled"
    return Verdict(reason="claim.number_cancelled", needs=["subject.personal_id"], alerts=[alert])


def judge_enterprise(claim: EnterpriseClaim, found: FoundSubject) -> Verdict:
    """Judges the claim about an enterprise in the same way."""
    missing = claim.missing()
    if missing:
        return Verdict(reason="enterprise.incomplete", needs=missing)
    if found.record is None:
        return Verdict(reason="enterprise.no_record")
    level = claim.agreement(found.record.fields)
    if level is None:
        return Verdict(reason="enterprise.differs")
    if found.number_status == "current":
        return Verdict(level)
    needs, alerts = ["enterprise.enterprise_code"], ["enterprise_code_cancelled"]
    return Verdict(reason="enterprise.number_cancelled", needs=needs, alerts=alerts)
