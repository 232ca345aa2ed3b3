"""The lookup: what is released, to whom, and with which provenance."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.api.conftest import DOSSIER, NAME, PERSONAL_ID, VERSION, Client, Store, person

Entries = Callable[..., list[dict[str, Any]]]


async def test_a_complete_claim_is_answered_with_provenance(client: Client, store: Store) -> None:
    """Every attribute comes with value, source, times, and whether the citizen may overwrite it."""
    store.publish(person())
    await client.register()
    answer = (await client.lookup()).json()
    born = answer["attributes"]["person.birth_date"]
    assert (born["status"], born["value"], born["precision"]) == ("ok", "1950-03-21", "day")
    assert (born["source"], born["freshness"], born["editable"]) == ("population", "stored", False)
    assert born["updated_at"].startswith("2025-11-13T") and born["fetched_at"]
    assert answer["match"] == {"name": "exact"}
    assert answer["attributes"]["person.current_residence"]["editable"] is True


async def test_a_place_of_a_split_commune_stays_a_question(client: Client, store: Store) -> None:
    """An old commune that was split comes with its candidates and never as one of them."""
    store.publish(person())
    await client.register()
    place = (await client.lookup()).json()["attributes"]["person.current_residence"]
    assert place["value"] == {"province": "01", "commune_candidates": ["00004", "00008"]}
    assert place["precision"] == "province"


async def test_what_the_grant_lacks_is_withheld(client: Client, store: Store) -> None:
    """An attribute that the procedure needs and the grant lacks is named and not given."""
    store.publish(person())
    await client.register()
    answer = (await client.lookup()).json()
    assert answer["attributes"]["person.ethnicity"] == {"status": "withheld", "fallback": "ask_citizen"}
    assert answer["outcome"] == "partial"


async def test_fewer_attributes_may_be_asked(client: Client, store: Store) -> None:
    """Only what is asked for is answered."""
    store.publish(person())
    await client.register()
    answer = (await client.lookup(attributes=["person.gender"])).json()
    assert list(answer["attributes"]) == ["person.gender"]
    assert answer["outcome"] == "complete"


async def test_more_attributes_are_refused(client: Client, store: Store) -> None:
    """Asking beyond the procedure is refused with the place of the attribute."""
    store.publish(person())
    await client.register()
    refusal = await client.lookup(attributes=["person.gender", "person.spouse"])
    assert (refusal.status_code, refusal.json()["code"]) == (403, "attributes.beyond_procedure")
    assert refusal.json()["invalid_params"][0]["name"] == "attributes[1]"


async def test_a_register_that_sends_nothing_has_not_said_that_there_is_nothing(client: Client, store: Store) -> None:
    """An attribute without a stored value is unknown, never none_on_file."""
    store.publish(person(nationality=None))
    await client.register()
    answer = (await client.lookup()).json()["attributes"]
    assert answer["person.nationality"] == {"status": "unknown", "fallback": "ask_citizen"}


async def test_old_data_is_stale(client: Client, store: Store) -> None:
    """What was fetched before max_age comes back with its value as stale."""
    store.publish(person(), age=timedelta(days=2))
    await client.register()
    old = (await client.lookup(max_age="P1D")).json()["attributes"]["person.gender"]
    new = (await client.lookup(max_age="P3D")).json()["attributes"]["person.gender"]
    assert (old["status"], old["value"], new["status"]) == ("stale", "male", "ok")


async def test_a_newer_version_in_quarantine_is_a_correction_under_way(client: Client, store: Store) -> None:
    """While a newer version of the record waits for a steward, the stored values say so."""
    store.publish(person())
    store.quarantine(PERSONAL_ID, VERSION + 1)
    await client.register()
    answer = (await client.lookup(attributes=["person.gender"])).json()
    assert answer["attributes"]["person.gender"]["status"] == "under_correction"
    assert answer["attributes"]["person.gender"]["value"] == "male"
    assert answer["outcome"] == "partial"


async def test_an_older_or_closed_quarantine_entry_says_nothing(client: Client, store: Store) -> None:
    """A quarantined version that is older than the stored one, or decided, changes no answer."""
    store.publish(person())
    store.quarantine(PERSONAL_ID, VERSION - 1)
    store.quarantine(PERSONAL_ID, VERSION + 1, status="discarded")
    await client.register()
    answer = (await client.lookup(attributes=["person.gender"])).json()
    assert answer["attributes"]["person.gender"]["status"] == "ok"


async def test_a_deceased_person_raises_an_alert(client: Client, store: Store) -> None:
    """The caller learns that the person is dead."""
    store.publish(person(life_status="deceased", deceased_on="2024"))
    await client.register()
    assert (await client.lookup()).json()["alerts"] == ["deceased"]


async def test_an_incomplete_claim_gets_no_data_and_learns_what_it_lacks(client: Client, store: Store) -> None:
    """A number alone gets nothing, whether or not a record is stored."""
    store.publish(person())
    await client.register()
    answer = (await client.lookup({"personal_id": PERSONAL_ID})).json()
    assert answer["outcome"] == "incomplete_claim"
    assert answer["attributes"]["person.gender"] == {
        "status": "unknown",
        "fallback": "ask_citizen",
        "needs": ["subject.name", "subject.birth_date"],
    }


async def test_a_replaced_number_is_told_to_who_knows_the_person(client: Client, store: Store) -> None:
    """A cancelled number gives no data but, to a full claim, the alert that it was replaced; the new number works."""
    await client.register()
    store.publish(person())
    store.publish(
        {"personal_id": PERSONAL_ID, "number_status": "cancelled", "replaced_by": "100050000099"},
        version=VERSION + 10,
        status="cancelled",
    )
    store.publish(person("100050000099"), version=VERSION + 10)
    told = (await client.lookup()).json()
    stranger = (await client.lookup({"personal_id": PERSONAL_ID, "name": "Lê Thị Khác", "birth_date": "1950"})).json()
    current = (await client.lookup({"personal_id": "100050000099", "name": NAME, "birth_date": "1950"})).json()
    assert (told["outcome"], told["alerts"]) == ("no_match", ["number_replaced"])
    assert told["attributes"]["person.gender"]["needs"] == ["subject.personal_id"]
    assert (stranger["outcome"], stranger["alerts"]) == ("no_match", [])
    assert current["attributes"]["person.gender"]["value"] == "male"


async def test_a_withdrawn_number_is_told_to_who_knows_the_person(client: Client, store: Store) -> None:
    """A number that was withdrawn without a successor raises its own alert."""
    await client.register()
    store.publish(person())
    store.publish({"personal_id": PERSONAL_ID, "number_status": "cancelled"}, version=VERSION + 10, status="withdrawn")
    told = (await client.lookup()).json()
    assert (told["outcome"], told["alerts"]) == ("no_match", ["number_cancelled"])


async def test_all_that_does_not_match_looks_the_same(client: Client, store: Store, entries: Entries) -> None:
    """No record, another name, another birth date: one and the same answer; only the log tells them apart."""
    await client.register()
    nobody = (await client.lookup()).json()
    store.publish(person())
    other_name = (await client.lookup({"personal_id": PERSONAL_ID, "name": "Lê Thị Khác", "birth_date": "1950"})).json()
    other_year = (await client.lookup({"personal_id": PERSONAL_ID, "name": NAME, "birth_date": "1951"})).json()
    for answer in (nobody, other_name, other_year):
        del answer["exchange"], answer["request_digest"]
    assert nobody == other_name == other_year
    assert nobody["outcome"] == "no_match"
    assert [row["code"] for row in entries("lookup")] == ["claim.no_record", "claim.differs", "claim.differs"]


async def test_an_old_number_of_nobody_of_one_and_of_two_looks_the_same(
    client: Client, store: Store, entries: Entries
) -> None:
    """A nine-digit number never gives data, and its answer does not tell how many people hold it."""
    await client.register()
    claim = {"former_id": "100500017", "name": NAME, "birth_date": "1950"}
    answers = [(await client.lookup(claim)).json()]
    store.publish(person(former_id="100500017"))
    answers.append((await client.lookup(claim)).json())
    store.publish(person("100050000025", former_id="100500017"))
    answers.append((await client.lookup(claim)).json())
    for answer in answers:
        del answer["exchange"], answer["request_digest"]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["attributes"]["person.gender"]["needs"] == ["subject.personal_id"]
    assert [row["code"] for row in entries("lookup")] == ["claim.former_id", "claim.former_id", "claim.ambiguous"]


async def test_another_person_and_a_number_of_nobody_are_refused_alike(client: Client, store: Store) -> None:
    """A caller can't find out through somebody else's dossier whom the hub knows."""
    store.publish(person(), person("100050000025"))
    await client.register()
    known = await client.lookup({"personal_id": "100050000025", "name": NAME, "birth_date": "1950"})
    unknown = await client.lookup({"personal_id": "100050000033", "name": NAME, "birth_date": "1950"})
    bodies = [{**each.json(), "instance": ""} for each in (known, unknown)]
    assert known.status_code == unknown.status_code == 403
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "dossier.other_subject"


async def test_the_request_digest_is_that_of_the_sent_bytes(client: Client, store: Store) -> None:
    """The caller can prove which question an answer belongs to."""
    await client.register()
    response = await client.lookup()
    expected = b64encode(hashlib.sha256(response.request.content).digest()).decode()
    assert response.json()["request_digest"] == f"sha-256=:{expected}:"


async def test_an_answer_is_in_the_log_without_its_values(client: Client, store: Store, entries: Entries) -> None:
    """The entry says who, about whom, why and which attributes, with keyed digests of question and answer."""
    store.publish(person())
    await client.register()
    response = await client.lookup()
    entry = entries("lookup")[-1]
    digest = store.ring.digest
    assert str(entry["exchange_id"]) == response.json()["exchange"]
    assert (entry["consumer_id"], entry["officer"], entry["procedure"]) == ("portal-g16", "CB-00123", "1.004623")
    assert (entry["dossier"], entry["legal_basis"], entry["outcome"]) == (DOSSIER, "Law 91/2025", "partial")
    assert entry["subject_id"] and "person.gender" in entry["attributes"] and entry["sources"] == ["population"]
    assert bytes(entry["request_digest"]) == digest(response.request.content)
    assert bytes(entry["answer_digest"]) == digest(response.content)
