"""The dossiers of the story: a tour-guide card for citizens, and the copyright of an enterprise that one represents.

Every released value is compared with the twin's truth; the first difference ends the story.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx

from hub.demo import enterprise_truth, truth
from hub.demo.dossier_system import DossierSystem, enrol
from hub.demo.errors import DemoFailed
from hub.launch.configuration import Addresses
from hub.mapping.procedures import Procedure, load_procedure
from hub.settings import Settings

CARD, COPYRIGHT = "1.004623", "1.005160"
PEOPLE = 3
"""Citizens whose cards are filled in; the first one's is shown."""

_HANOI = timezone(timedelta(hours=7))
_SUITABLE = {
    "form": "firm",
    "active": True,
    "representative_alive": True,
    "number_current": True,
    "representative_defect_free": True,
    "defect_free": True,
}


@dataclass(frozen=True)
class Filled:
    """One dossier: what the hub answered, which agrees with the truth in `checked` values."""

    dossier: str
    answer: dict[str, Any]
    checked: int

    def value_of(self, attribute: str) -> Any:
        """Returns a released value."""
        return self.answer["attributes"].get(attribute, {}).get("value")


@dataclass(frozen=True)
class FilledForm:
    """A procedure's form as the API describes it, filled for each dossier; the first one is shown."""

    procedure: Procedure
    form: dict[str, Any]
    filled: list[Filled]

    @property
    def checked(self) -> int:
        """How many values were compared with the truth."""
        return sum(each.checked for each in self.filled)


def fill_forms(
    settings: Settings, addresses: Addresses, var: Path, people_up_to: datetime, business: tuple[datetime, datetime]
) -> list[FilledForm]:
    """Fills the forms by the lookup API; `business` is the window in which enterprises were read.

    Raises:
        DemoFailed: a lookup was refused, or differs from the truth; the message holds no value.
    """
    card, copyright_ = load_procedure(CARD), load_procedure(COPYRIGHT)
    private = enrol(settings, var / "demo" / "portal.jwk", card, copyright_)
    today = f"{datetime.now(_HANOI):%y%m%d}"
    with (
        DossierSystem(addresses.api_url, private) as portal,
        httpx.Client(base_url=addresses.twin_url, timeout=60, trust_env=False) as twin,
    ):
        cards = [
            _fill(portal, CARD, f"G16.01-{today}-{number:04d}", person, None)
            for number, person in enumerate(_people(twin, people_up_to), start=1)
        ]
        firm, representative = _firm(twin, people_up_to, business)
        right = _fill(portal, COPYRIGHT, f"G16.02-{today}-0001", representative, firm)
        return [
            FilledForm(card, portal.form(CARD), cards),
            FilledForm(copyright_, portal.form(COPYRIGHT), [right]),
        ]


def _people(twin: httpx.Client, read_up_to: datetime) -> Iterator[dict[str, Any]]:
    """Finds grown-up citizens whom the twin sends without a defect and who have not changed since the pipeline ran."""
    where = {"alive": True, "adult": True, "defect_free": True}
    answer = twin.post("/_sandbox/sample", json={"count": 12, "seed": 1, "where": where}).raise_for_status()
    settled = [each for each in answer.json()["people"] if _settled(each, read_up_to)]
    settled.sort(key=lambda each: truth.birth_date(each["truth"]), reverse=True)
    if len(settled) < PEOPLE:
        raise DemoFailed("the twin knows too few settled citizens: give it more people (--people)")
    # Asked again one by one: the truth as of now, by the number that the citizen shows.
    for each in settled[:PEOPLE]:
        yield _person(twin, each["personal_id"])


def _firm(
    twin: httpx.Client, people_up_to: datetime, business: tuple[datetime, datetime]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Finds an enterprise that was read without a defect, and its first representative."""
    since, until = business
    where = _SUITABLE | {"changed_since": int(since.timestamp() * 1000)}
    for count in (8, 4, 2, 1):
        answer = twin.post("/_sandbox/business/sample", json={"count": count, "seed": 1, "where": where})
        for firm in answer.json()["enterprises"] if answer.is_success else ():
            person = _person(twin, firm["people"][0]["personal_id"])
            if _settled(firm, until) and _settled(person, people_up_to):
                return firm, person
    raise DemoFailed("the twin knows no settled enterprise: give it more people (--people)")


def _person(twin: httpx.Client, personal_id: str) -> dict[str, Any]:
    found: dict[str, Any] = twin.post("/_sandbox/truth", json={"personal_id": personal_id}).raise_for_status().json()
    return found


def _settled(found: dict[str, Any], read_up_to: datetime) -> bool:
    return bool(found["version"] < read_up_to.timestamp() * 1000)


def _fill(
    portal: DossierSystem, procedure: str, dossier: str, person: dict[str, Any], firm: dict[str, Any] | None
) -> Filled:
    record = truth.as_written(person["truth"], person["left_out"])
    claims = {
        "subject": {
            "personal_id": record["SoDinhDanh"],
            "name": truth.full_name(record),
            "birth_date": truth.birth_date(record),
        }
    }
    if firm is not None:
        claims["enterprise"] = {"enterprise_code": firm["code"], "name": firm["truth"]["MainInformation"]["NAME"]}
    answer = portal.prefill(claims, procedure, dossier)
    if answer["outcome"] not in ("complete", "partial") or not answer["attributes"]:
        raise DemoFailed(f"the lookup for dossier {dossier} ended as {answer['outcome']}")
    wrong = truth.differences(answer, record)
    if firm is not None:
        wrong += enterprise_truth.differences(answer, firm["truth"], record["SoDinhDanh"])
    if wrong:
        raise DemoFailed(f"dossier {dossier}: the answer differs from the twin's truth in {', '.join(wrong)}")
    return Filled(dossier, answer, sum("value" in each for each in answer["attributes"].values()))
