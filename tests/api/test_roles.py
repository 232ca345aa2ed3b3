"""Roles: what a person represents and owns, as far as the hub's copy of the register knows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from hub.api.models import LookupAnswer
from hub.settings import Role, Settings
from hub.store import rotation, subjects
from hub.store.engine import connect
from hub.trust import keys as trust_keys
from hub.trust.keys import KeyRing
from tests.api.conftest import NAME, PERSONAL_ID, VERSION, Client, Store, person, until
from tests.api.enterprises import CODE, COPYRIGHT, FIRM, FOUNDING, OTHER_CODE, PERSON, ask, firm, grant, register

HOUSEHOLD = "100050000033"


@pytest.fixture
async def portal(client: Client, owner: psycopg.Connection[Any]) -> Client:
    """The client with a grant for founding a private enterprise."""
    await grant(client, owner, FOUNDING)
    return client


async def roles(portal: Client, **changes: Any) -> dict[str, Any]:
    """Registers a dossier about the person alone and asks."""
    await register(portal, procedure=FOUNDING, enterprise=None)
    answer = await ask(portal, **({"procedure": FOUNDING, "enterprise": None} | changes))
    assert answer.status_code == 200, answer.text
    LookupAnswer.model_validate_json(answer.content)
    told: dict[str, Any] = answer.json()
    return told


def read_whole(store: Store, scope: str = "all") -> None:
    """Makes the feed of enterprises one that was read from its beginning up to now."""
    store.conn.execute(
        """insert into hub.feed (name, watermark) values ('business.enterprises', now())
           on conflict (name) do update set watermark = now()"""
    )
    store.conn.execute(
        """insert into hub.batch (batch_id, feed, state, since, until, asked_until, scope, legal_basis, landed_uri,
                                  master_version)
           values (%s, 'business.enterprises', 'published', 'epoch', now(), now(), %s, 'a law', 'x', 1)""",
        (uuid4(), scope),
    )
    store.conn.commit()


async def test_a_person_is_told_what_it_represents_and_owns(portal: Client, store: Store) -> None:
    """Each list names code, name, kind and status, with the position or the ratio; nobody else's data is in it."""
    store.publish(person())
    other = [{"name": "Lê Thị Khác", "personal_id": HOUSEHOLD, "ratio": "40"}]
    mine = [{"name": NAME, "personal_id": PERSONAL_ID, "ratio": "60"}]
    store.publish_enterprises(firm(), firm(OTHER_CODE, members=other + mine, representatives=None, status="closed"))
    answer = await roles(portal)
    represents, owns = (answer["attributes"][name] for name in ("role.represents", "role.owns"))
    item = {"enterprise_code": CODE, "name": FIRM, "kind": "one_member_llc", "status": "active"}
    assert represents["value"] == [item | {"position": "Giám đốc"}]
    assert owns["value"] == [
        item | {"enterprise_code": OTHER_CODE, "status": "closed", "ratio": "60"},
        item | {"ratio": "100"},
    ]
    assert (represents["source"], represents["freshness"], represents["editable"]) == ("business", "stored", False)
    assert "Lê Thị Khác" not in str(answer) and HOUSEHOLD not in str(answer)


async def test_a_list_of_an_incomplete_copy_says_so(portal: Client, store: Store) -> None:
    """What is known is told; that it may not be all makes the answer a partial one."""
    store.publish(person())
    store.publish_enterprises(firm())
    answer = await roles(portal, attributes=["role.owns"])
    assert (answer["attributes"]["role.owns"]["complete"], answer["outcome"]) == (False, "partial")


async def test_no_role_in_an_incomplete_copy_is_unknown(portal: Client, store: Store) -> None:
    """The hub does not take its own gaps for the register's word."""
    store.publish(person())
    answer = await roles(portal)
    assert answer["attributes"]["role.owns"] == {"status": "unknown", "fallback": "ask_citizen"}


async def test_no_role_in_a_complete_copy_is_none_on_file(portal: Client, store: Store) -> None:
    """Read from the beginning, of everybody, up to now, nothing held back: the register has none."""
    store.publish(person())
    read_whole(store)
    answer = await roles(portal, attributes=["role.owns"])
    assert answer["attributes"]["role.owns"] == {"status": "none_on_file", "source": "business"}
    assert answer["outcome"] == "complete"


async def test_a_complete_list_says_so(portal: Client, store: Store) -> None:
    """With a complete copy the list is all that there is."""
    store.publish(person())
    store.publish_enterprises(firm())
    read_whole(store)
    answer = await roles(portal, attributes=["role.owns"])
    assert (answer["attributes"]["role.owns"]["complete"], answer["outcome"]) == (True, "complete")


@pytest.mark.parametrize(
    "gap",
    [
        "update hub.feed set watermark = now() - interval '3 days' where name like 'business.%'",
        "update hub.feed set watermark = null where name like 'business.%'",
        "update hub.batch set scope = 'known_subjects' where feed like 'business.%'",
        "update hub.batch set since = now() - interval '1 year' where feed like 'business.%'",
        "update hub.batch set until = now() - interval '1 day' where feed like 'business.%'",
        "update hub.batch set state = 'discarded' where feed like 'business.%'",
    ],
)
async def test_each_gap_makes_the_copy_incomplete(
    portal: Client, store: Store, owner: psycopg.Connection[Any], gap: str
) -> None:
    """An old watermark, known subjects only, a missing part of the history or a discarded batch: nothing is known."""
    store.publish(person())
    read_whole(store)
    owner.execute(gap.encode())
    assert (await roles(portal))["attributes"]["role.owns"]["status"] == "unknown"


async def test_an_owner_without_a_number_makes_the_owners_incomplete(portal: Client, store: Store) -> None:
    """Somebody whom an enterprise names by an old card may be the very person; a foreigner is not."""
    store.publish(person())
    store.publish_enterprises(
        firm(members=[{"name": NAME, "ratio": "100"}], representatives=None),
        firm(OTHER_CODE, members=[{"name": "Jane Doe", "country": "SG"}], representatives=None),
    )
    read_whole(store)
    answer = (await roles(portal))["attributes"]
    assert (answer["role.owns"]["status"], answer["role.represents"]["status"]) == ("unknown", "none_on_file")


async def test_foreign_owner_leaves_the_owners_complete(portal: Client, store: Store) -> None:
    """A foreigner by the register's own word is not the person."""
    store.publish(person())
    store.publish_enterprises(firm(members=[{"name": "Jane Doe", "country": "SG"}], representatives=None))
    read_whole(store)
    assert (await roles(portal))["attributes"]["role.owns"]["status"] == "none_on_file"


async def test_an_erased_persons_roles_are_not_none_on_file(
    portal: Client, store: Store, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    """Whoever was erased and comes again is not told that there is nothing: the register still says it."""
    store.publish(person())
    store.publish_enterprises(firm())
    read_whole(store)
    holder = owner.execute("select distinct holder_id from hub.role").fetchone()
    assert holder is not None
    with connect(settings, Role.RETENTION) as retention:
        subjects.erase(retention, holder[0])
    store.publish(person(), version=VERSION + 1)
    assert (await roles(portal))["attributes"]["role.owns"]["status"] == "unknown"


async def test_what_a_steward_holds_back_makes_the_copy_incomplete(portal: Client, store: Store) -> None:
    """An enterprise in quarantine may be the one that is asked for."""
    store.publish(person())
    read_whole(store)
    store.quarantine(CODE, VERSION, feed="business.enterprises")
    assert (await roles(portal))["attributes"]["role.owns"]["status"] == "unknown"


async def test_what_the_source_has_told_since_leaves_the_copy_complete(portal: Client, store: Store) -> None:
    """An entry that the hub closed because its contents came holds nothing back any more."""
    store.publish(person())
    read_whole(store)
    store.quarantine(CODE, VERSION, status="corrected", feed="business.enterprises")
    assert (await roles(portal))["attributes"]["role.owns"]["status"] == "none_on_file"


async def test_a_list_with_an_enterprise_under_correction_says_so(portal: Client, store: Store) -> None:
    """A newer version of one of the enterprises waits for a steward."""
    store.publish(person())
    store.publish_enterprises(firm())
    store.quarantine(CODE, VERSION + 1, feed="business.enterprises")
    owned = (await roles(portal))["attributes"]["role.owns"]
    assert (owned["status"], len(owned["value"])) == ("under_correction", 1)


async def test_an_old_list_is_stale(portal: Client, store: Store) -> None:
    """A list is as old as the part of it that was fetched longest ago."""
    store.publish(person())
    store.publish_enterprises(firm())
    assert (await roles(portal, max_age="PT0S"))["attributes"]["role.owns"]["status"] == "stale"


async def test_a_stranger_to_the_name_learns_no_role(portal: Client, store: Store) -> None:
    """Roles are data about the person: without the claim's agreement nothing is said."""
    store.publish(person())
    store.publish_enterprises(firm())
    answer = await roles(portal, subject=PERSON | {"name": "Lê Thị Khác"})
    assert answer["outcome"] == "no_match" and FIRM not in str(answer)


async def test_a_procedure_without_roles_refuses_them(client: Client, store: Store) -> None:
    """Only a procedure whose file names roles may ask for them, whatever the grant says."""
    store.publish(person())
    store.publish_enterprises(firm())
    await client.register()
    refused = await client.lookup(attributes=["role.owns"])
    assert (refused.status_code, refused.json()["code"]) == (403, "attributes.beyond_procedure")


async def test_a_withdrawn_enterprise_gives_no_role(portal: Client, store: Store) -> None:
    """What the register took back is no role any more."""
    store.publish(person())
    store.publish_enterprises(firm())
    store.publish_enterprises(firm(), version=VERSION + 1, status="withdrawn")
    assert "value" not in (await roles(portal))["attributes"]["role.owns"]


async def test_a_role_under_an_old_number_is_the_persons(portal: Client, store: Store) -> None:
    """The enterprise names the number that was replaced since; the person of the new number still owns it.

    Which of the entries is theirs is not said by a name: a namesake's share would be another person's.
    """
    store.publish(person())
    store.publish_enterprises(firm())
    cancelled = {"personal_id": PERSONAL_ID, "number_status": "cancelled", "replaced_by": HOUSEHOLD}
    store.publish(cancelled, version=VERSION + 10, status="cancelled")
    store.publish(person(HOUSEHOLD), version=VERSION + 10)
    await register(portal, procedure=FOUNDING, enterprise=None, subject={"personal_id": HOUSEHOLD})
    claim = PERSON | {"personal_id": HOUSEHOLD}
    answer = (await ask(portal, procedure=FOUNDING, enterprise=None, subject=claim)).json()["attributes"]
    assert [each["enterprise_code"] for each in answer["role.owns"]["value"]] == [CODE]
    assert "ratio" not in answer["role.owns"]["value"][0]


@pytest.mark.parametrize(
    ("representatives", "expected"),
    [
        ([{"name": NAME, "personal_id": PERSONAL_ID}], "yes"),
        ([{"name": "Lê Thị Khác", "personal_id": HOUSEHOLD}], "no"),
        ([{"name": "Jane Doe"}], None),
        (None, None),
    ],
)
async def test_whether_the_person_represents_the_enterprise(
    client: Client,
    store: Store,
    owner: psycopg.Connection[Any],
    representatives: list[dict[str, str]] | None,
    expected: str | None,
) -> None:
    """Yes or no, and open while the enterprise names somebody without a number, who may be this very person."""
    await grant(client, owner, COPYRIGHT)
    store.publish(person())
    store.publish_enterprises(firm(representatives=representatives))
    await register(client)
    told = (await ask(client)).json()["attributes"]["role.subject_represents"]
    assert told.get("value") == expected
    assert told["status"] == ("unknown" if expected is None else "ok")


async def test_too_many_enterprises_are_no_answer(portal: Client, store: Store) -> None:
    """Who is named by more enterprises than an answer holds is asked instead."""
    store.publish(person())
    parent = firm(representatives=None)
    branches = [firm(f"{CODE}-{number:03d}", representatives=None) for number in range(1, 202)]
    store.publish_enterprises(parent, *branches)
    assert (await roles(portal))["attributes"]["role.owns"] == {"status": "unknown", "fallback": "ask_citizen"}


async def test_roles_and_enterprises_are_found_while_the_index_key_is_rotated(
    client: Client, store: Store, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    """A dossier from before the rotation answers after it, for both numbers and the role between them."""
    await grant(client, owner, COPYRIGHT)
    store.publish(person())
    store.publish_enterprises(firm())
    await register(client)
    trust_keys.rotate_index(settings)
    rotation.rotate_index(settings, KeyRing.load(settings))

    async def matched() -> bool:
        return (await ask(client)).json().get("match") == {"name": "exact", "enterprise": "exact"}

    # Until it has heard of the new key, the API finds neither number and refuses.
    await until(matched)
    answer = (await ask(client)).json()["attributes"]
    assert (answer["role.subject_represents"]["value"], answer["enterprise.code"]["value"]) == ("yes", CODE)
