"""What the store was found to hold for one lookup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hub.exchange.match import Claim, EnterpriseClaim, NameLevel
from schemas.canonical import Subject

Fields = Mapping[str, Any]
"""A flat canonical record: texts by their dotted keys, and lists of such records."""


@dataclass(frozen=True, slots=True)
class DossierRow:
    """A registered dossier; `mismatches` are the keyed digests of the claims that did not match."""

    procedure: str
    open: bool
    subject_id: int | None
    organisation_id: int | None
    mismatches: list[bytes]

    def about(self, subject: Subject) -> int | None:
        """Returns the person or the organisation that it is about; None when it is about none."""
        return self.subject_id if subject == "person" else self.organisation_id


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """An unsealed record; `waiting` tells that a newer version of it stands in quarantine."""

    fields: Fields
    source: str
    source_version: int
    fetched_at: datetime
    waiting: bool


@dataclass(frozen=True, slots=True)
class FoundSubject:
    """What the store holds of one claimed person or enterprise.

    `number_status` is that of the claimed number: None when it is not a number of the dossier's subject. `record` says
    who it is; `others` are records of further kinds, by kind. `holders` counts those of an old nine-digit number.
    """

    number_status: str | None = None
    record: StoredRecord | None = None
    replaced: bool = False
    holders: int = 0
    others: Mapping[str, StoredRecord] = field(default_factory=dict)

    def agreement(self, claim: Claim | EnterpriseClaim) -> NameLevel | None:
        """Returns how far the claim agrees with the record of a number in use; None when nothing may be released."""
        if self.record is None or self.number_status != "current":
            return None
        return claim.agreement(self.record.fields)

    def with_others(self, others: Mapping[str, StoredRecord]) -> FoundSubject:
        """Returns the same with records of further kinds."""
        return replace(self, others=others)


@dataclass(frozen=True, slots=True)
class HeldRoles:
    """The enterprises that name the dossier's person, by role; `represented` tells whether its enterprise is one.

    `complete` are the roles of which none is missing: the hub's copy of the register has every enterprise, and all of
    them number whom they name. `too_many` are the roles of which more is stored than an answer may hold.
    """

    represents: tuple[StoredRecord, ...] = ()
    owns: tuple[StoredRecord, ...] = ()
    represented: bool = False
    complete: frozenset[str] = frozenset()
    too_many: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """What the store holds for one question; a part that was not claimed is None, and so is an unknown dossier."""

    dossier: DossierRow | None
    person: FoundSubject | None = None
    enterprise: FoundSubject | None = None
    roles: HeldRoles | None = None
