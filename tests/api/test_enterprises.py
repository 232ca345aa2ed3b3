"""Lookups about a person and an enterprise: each claim is judged for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from hub.api.models import LookupAnswer
from hub.settings import Role, Settings
from hub.store import engine, subjects
from tests.api.conftest import NAME, PERSONAL_ID, VERSION, Client, Store, person
from tests.api.enterprises import (
    CODE,
    COPYRIGHT,
    ENTERPRISE,
    FIRM,
    NOBODYS_CODE,
    OTHER_CODE,
    PERSON,
    ask,
    firm,
    grant,
    register,
    told,
)

Entries = Callable[..., list[dict[str, Any]]]


@pytest.fixture
async def portal(client: Client, owner: psycopg.Connection[Any]) -> Client:
    """The client with a grant for copyright registration."""
    await grant(client, owner, COPYRIGHT)
    return client


async def test_person_and_enterprise_are_answered_together(portal: Client, store: Store, entries: Entries) -> None:
    """Each attribute has the provenance of its own register, lists included; the log names both."""
    store.publish(person())
    store.publish_enterprises(firm())
    registered = await register(portal)
    answer = await ask(portal)
    LookupAnswer.model_validate_json(answer.content)
    given = answer.json()["attributes"]
    assert (registered.status_code, answer.json()["match"]) == (201, {"name": "exact", "enterprise": "exact"})
    assert (given["person.name.full"]["source"], given["enterprise.name.full"]["source"]) == ("population", "business")
    assert given["enterprise.name.full"]["value"] == FIRM and given["enterprise.name.full"]["fetched_at"]
    assert (given["enterprise.founded_on"]["value"], given["enterprise.founded_on"]["precision"]) == (
        "2021-03-05",
        "day",
    )
    assert given["enterprise.office"]["precision"] == "commune"
    assert given["enterprise.representatives"]["value"] == [
        {"name": NAME, "personal_id": PERSONAL_ID, "position": "Giám đốc"}
    ]
    assert given["role.subject_represents"]["value"] == "yes"
    entry = entries("lookup")[-1]
    assert entry["subject_id"] and entry["organisation_id"] and entry["subject_id"] != entry["organisation_id"]
    assert entry["sources"] == ["business", "population"] and "enterprise.representatives" in entry["attributes"]


async def test_a_wrong_claim_leaves_the_other_its_answer(portal: Client, store: Store, entries: Entries) -> None:
    """Nothing is said of the enterprise whose name differs, the person is answered, and the other way round."""
    store.publish(person())
    store.publish_enterprises(firm())
    await register(portal)
    no_firm = (await ask(portal, enterprise=ENTERPRISE | {"name": "Công ty Khác"})).json()
    no_person = (await ask(portal, subject=PERSON | {"name": "Lê Thị Khác"})).json()
    neither = (
        await ask(portal, subject=PERSON | {"name": "Lê Thị Khác"}, enterprise=ENTERPRISE | {"name": "Công ty Khác"})
    ).json()
    unknown = {"status": "unknown", "fallback": "ask_citizen"}
    assert (no_firm["outcome"], no_firm["match"]) == ("partial", {"name": "exact"})
    assert no_firm["attributes"]["enterprise.name.full"] == unknown
    assert no_firm["attributes"]["role.subject_represents"] == unknown
    assert no_firm["attributes"]["person.name.full"]["value"] == NAME
    assert (no_person["outcome"], no_person["match"]) == ("partial", {"enterprise": "exact"})
    assert no_person["attributes"]["person.name.full"] == unknown
    assert no_person["attributes"]["role.subject_represents"] == unknown
    assert no_person["attributes"]["enterprise.name.full"]["value"] == FIRM
    assert (neither["outcome"], neither["match"]) == ("no_match", None)
    assert [entry["code"] for entry in entries("lookup")] == [
        "enterprise.differs",
        "claim.differs",
        "claim.differs enterprise.differs",
    ]


async def test_a_code_of_another_dossier_and_of_nobody_are_refused_alike(portal: Client, store: Store) -> None:
    """Neither the claim of another dossier's enterprise nor an invented one tells whom the hub knows."""
    store.publish(person())
    store.publish_enterprises(firm(), firm(OTHER_CODE))
    await register(portal)
    await register(portal, dossier="G16.01-261122-0051", enterprise={"enterprise_code": OTHER_CODE})
    known = await ask(portal, enterprise=ENTERPRISE | {"enterprise_code": OTHER_CODE})
    nobodys = await ask(portal, enterprise=ENTERPRISE | {"enterprise_code": NOBODYS_CODE})
    assert (known.status_code, known.json()["code"]) == (403, "dossier.other_subject")
    assert [each["name"] for each in known.json()["invalid_params"]] == ["enterprise.enterprise_code"]
    assert {**known.json(), "instance": ""} == {**nobodys.json(), "instance": ""}
    assert OTHER_CODE not in known.text


async def test_claims_must_be_those_of_the_dossier(portal: Client, store: Store) -> None:
    """An enterprise can't be asked after in a dossier about a person alone, nor a person in one about an enterprise."""
    store.publish(person())
    store.publish_enterprises(firm())
    await register(portal, enterprise=None)
    await register(portal, dossier="G16.01-261122-0051", subject=None)
    mixed = await ask(portal)
    other = await ask(portal, dossier="G16.01-261122-0051")
    former = await ask(portal, dossier="G16.01-261122-0051", subject={"former_id": "100500017"})
    alone = (await ask(portal, enterprise=None)).json()["attributes"]
    firms = (await ask(portal, dossier="G16.01-261122-0051", subject=None)).json()
    assert [each.json()["code"] for each in (mixed, other, former)] == ["dossier.other_subject"] * 3
    assert (alone["enterprise.name.full"], alone["role.subject_represents"]) == ({"status": "not_applicable"},) * 2
    assert firms["attributes"]["person.name.full"] == {"status": "not_applicable"}
    assert (firms["attributes"]["enterprise.code"]["value"], firms["match"]) == (CODE, {"enterprise": "exact"})


async def test_a_part_that_is_not_claimed_is_not_told(portal: Client, store: Store, entries: Entries) -> None:
    """In a dossier about both, a lookup without the enterprise learns that it must claim it; the log names the person
    only."""
    store.publish(person())
    store.publish_enterprises(firm())
    await register(portal)
    answer = (await ask(portal, enterprise=None)).json()
    assert answer["attributes"]["enterprise.code"]["needs"] == ["enterprise"]
    assert answer["attributes"]["person.name.full"]["value"] == NAME
    assert entries("lookup")[-1]["organisation_id"] is None


async def test_a_code_alone_gets_nothing(portal: Client, store: Store) -> None:
    """Without the name nothing is compared, whatever is stored."""
    store.publish_enterprises(firm())
    await register(portal, subject=None)
    answer = (await ask(portal, subject=None, enterprise={"enterprise_code": CODE})).json()
    assert answer["outcome"] == "incomplete_claim"
    assert answer["attributes"]["enterprise.code"]["needs"] == ["enterprise.name"]


async def test_nobody_is_no_claim(portal: Client) -> None:
    """A dossier or a lookup about neither is refused."""
    dossier, lookup = (
        await register(portal, subject=None, enterprise=None),
        await ask(portal, subject=None, enterprise=None),
    )
    assert [each.json()["code"] for each in (dossier, lookup)] == ["body.invalid"] * 2
    assert lookup.json()["invalid_params"][0]["code"] == "nobody"


async def test_names_of_enterprises_can_not_be_guessed_for_ever(portal: Client, store: Store) -> None:
    """Tries at the enterprise's and at the person's name count together; five lock the dossier."""
    store.publish(person())
    store.publish_enterprises(firm())
    await register(portal)
    for number in range(2):
        await ask(
            portal, enterprise=ENTERPRISE | {"name": f"Công ty {number}"}, subject=PERSON | {"name": f"Lê {number}"}
        )
    fifth = await ask(portal, enterprise=ENTERPRISE | {"name": "Công ty cuối"})
    right = await ask(portal)
    assert (fifth.status_code, right.status_code, right.json()["code"]) == (200, 403, "dossier.locked")


async def test_nothing_stored_and_another_name_look_the_same(portal: Client, store: Store) -> None:
    """A code that the hub has no record of, and a record under another name, give one answer."""
    await register(portal, subject=None)
    nobody = told(await ask(portal, subject=None))
    store.publish_enterprises(firm(**{"name.full": "Công ty Khác"}))
    assert told(await ask(portal, subject=None)) == nobody
    assert nobody["outcome"] == "no_match"


@pytest.mark.parametrize("status", ["suspended", "not_at_address", "dissolving", "stopped", "closed"])
async def test_an_enterprise_that_is_not_active_raises_an_alert(portal: Client, store: Store, status: str) -> None:
    """The caller learns it unasked, as with a deceased person."""
    store.publish_enterprises(firm(status=status))
    await register(portal, subject=None)
    answer = await ask(portal, subject=None, attributes=["enterprise.code"])
    LookupAnswer.model_validate_json(answer.content)
    assert answer.json()["alerts"] == [f"enterprise_{status}"]


async def test_a_withdrawn_code_gives_no_data(portal: Client, store: Store) -> None:
    """Who knows code and name learns that the code is cancelled; a wrong name learns nothing."""
    store.publish_enterprises(firm())
    store.publish_enterprises(firm(), version=VERSION + 10, status="withdrawn")
    await register(portal, subject=None)
    right = (await ask(portal, subject=None)).json()
    wrong = (await ask(portal, subject=None, enterprise=ENTERPRISE | {"name": "Công ty Khác"})).json()
    assert (right["outcome"], right["alerts"]) == ("no_match", ["enterprise_code_cancelled"])
    assert right["attributes"]["enterprise.code"]["needs"] == ["enterprise.enterprise_code"]
    assert (wrong["outcome"], wrong["alerts"]) == ("no_match", [])


async def test_what_the_grant_lacks_of_an_enterprise_is_withheld(
    client: Client, store: Store, owner: psycopg.Connection[Any]
) -> None:
    """Who is granted public data of enterprises gets nobody behind them."""
    await grant(client, owner, COPYRIGHT, "enterprise.code", "enterprise.status")
    store.publish_enterprises(firm())
    await register(client, subject=None)
    answer = await ask(client, subject=None)
    given = answer.json()["attributes"]
    assert given["enterprise.code"]["value"] == CODE
    assert given["enterprise.representatives"] == {"status": "withheld", "fallback": "ask_citizen"}
    assert PERSONAL_ID not in answer.text and NAME not in answer.text


async def test_a_household_business_is_not_its_owner(portal: Client, store: Store) -> None:
    """Both go by one number; what waits for a steward in the one register says nothing about the other."""
    store.publish(person())
    household = firm(PERSONAL_ID, kind="household_business", **{"name.full": "Hộ kinh doanh Thử"})
    store.publish_enterprises(household)
    store.quarantine(PERSONAL_ID, VERSION + 1, feed="business.enterprises")
    await register(portal, enterprise={"enterprise_code": PERSONAL_ID})
    claim = {"enterprise_code": PERSONAL_ID, "name": "Hộ kinh doanh Thử"}
    given = (await ask(portal, enterprise=claim)).json()["attributes"]
    assert (given["person.name.full"]["status"], given["enterprise.code"]["status"]) == ("ok", "under_correction")


async def test_numbers_of_real_people_are_refused_as_codes_too(portal: Client) -> None:
    """A household business goes by its owner's number, which must be an invented one here."""
    refused = await register(portal, enterprise={"enterprise_code": "999080000017"})
    assert (refused.status_code, refused.json()["invalid_params"][0]["name"]) == (422, "enterprise.enterprise_code")
    assert "999080000017" not in refused.text


async def test_a_branch_is_an_enterprise_of_its_own(portal: Client, store: Store) -> None:
    """A branch answers under its own code, written with or without the dash, and not under its parent's."""
    branch = firm(f"{CODE}-001", kind="branch", parent_code=CODE, members=None, **{"name.full": "Chi nhánh số 1"})
    store.publish_enterprises(firm(), branch)
    await register(portal, subject=None, enterprise={"enterprise_code": f"{CODE}001"})
    claim = {"enterprise_code": f"{CODE}-001", "name": "CHI NHANH SO 1"}
    answer = (await ask(portal, subject=None, enterprise=claim)).json()
    parent = await ask(portal, subject=None)
    assert (answer["attributes"]["enterprise.code"]["value"], answer["match"]) == (
        f"{CODE}-001",
        {"enterprise": "letters"},
    )
    assert parent.json()["code"] == "dossier.other_subject"


async def test_an_erased_enterprise_is_nobody(portal: Client, store: Store, settings: Settings) -> None:
    """After the erasure the code is one of nobody for the dossier that stood for it."""
    store.publish_enterprises(firm())
    await register(portal, subject=None)
    with engine.connect(settings, Role.RETENTION) as retention:
        erased = retention.execute("select organisation_id from hub.dossier").fetchone()
        assert erased
        subjects.erase(retention, erased[0])
        retention.commit()
    assert (await ask(portal, subject=None)).json()["code"] == "dossier.other_subject"


async def test_a_dossier_about_an_enterprise_stands_for_that_one(portal: Client, store: Store) -> None:
    """The same registration is no change; another enterprise, none, or one where there was none is a conflict."""
    await register(portal)
    same = await register(portal)
    others = [
        await register(portal, enterprise={"enterprise_code": OTHER_CODE}),
        await register(portal, enterprise=None),
        await register(portal, subject=None),
    ]
    await register(portal, dossier="G16.01-261122-0051", enterprise=None)
    more = await register(portal, dossier="G16.01-261122-0051", enterprise={"enterprise_code": NOBODYS_CODE})
    assert same.status_code == 200
    assert {(each.status_code, each.json()["code"]) for each in (*others, more)} == {(409, "dossier.conflict")}


async def test_an_enterprise_of_a_dossier_becomes_known(portal: Client, store: Store) -> None:
    """A feed of known subjects copies the enterprises that dossiers are about."""
    await register(portal)
    assert subjects.known(store.conn, store.ring, "enterprise_code", [CODE, OTHER_CODE]) == {CODE}
