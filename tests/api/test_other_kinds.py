"""Records of kinds that only mention a person's or an enterprise's number, from whatever register."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from hub.exchange.found import Found
from hub.exchange.match import Claim, Claims, EnterpriseClaim
from hub.exchange.needs import Wanted
from schemas.canonical import Kind, kinds
from tests.api.conftest import CONSUMER, NAME, PERSONAL_ID, VERSION, Client, Store, person
from tests.api.enterprises import CODE, COPYRIGHT, DOSSIER, FIRM, firm, grant, register

PERSONS, FIRMS = kinds()["person"], kinds()["organisation"]
CARD = Kind("card", PERSONS.model, "person", "personal_id", "card", ("cards",), {})
LICENCE = Kind("licence", FIRMS.model, "organisation", "code", "licence", ("licences",), {})
BOTH = Wanted({"person": ("card",), "organisation": ("licence",)}, frozenset(), persons_only=False)
CLAIMS = Claims(Claim(PERSONAL_ID, None, NAME, "1950"), EnterpriseClaim(CODE, FIRM))


@pytest.fixture
async def about_both(client: Client, owner: psycopg.Connection[Any]) -> Client:
    """A client with a dossier about a person and an enterprise."""
    await grant(client, owner, COPYRIGHT)
    await register(client)
    return client


async def find(app: FastAPI, store: Store, claims: Claims = CLAIMS) -> Found:
    found: Found = await app.state.services.finder.find(store.ring, CONSUMER, DOSSIER, claims, BOTH)
    return found


async def test_each_kind_is_found_under_its_subject(about_both: Client, app: FastAPI, store: Store) -> None:
    """A guide's card stands with the person and a licence with the enterprise; each says which register brought it."""
    store.publish(person())
    store.publish_enterprises(firm())
    store.publish_as("cards", CARD, {"personal_id": PERSONAL_ID, "number": "A1"})
    store.publish_as("licences", LICENCE, {"code": CODE, "number": "L1"})
    found = await find(app, store)
    assert found.person and found.enterprise
    card, licence = found.person.others["card"], found.enterprise.others["licence"]
    assert (card.fields["number"], card.source, licence.fields["number"]) == ("A1", "cards", "L1")
    assert not found.enterprise.others.keys() & found.person.others.keys()


async def test_a_claim_that_differs_opens_no_other_kind(about_both: Client, app: FastAPI, store: Store) -> None:
    """What another register holds is released to who agrees with the register that governs the numbers, only."""
    store.publish(person())
    store.publish_enterprises(firm())
    store.publish_as("cards", CARD, {"personal_id": PERSONAL_ID, "number": "A1"})
    wrong = Claims(Claim(PERSONAL_ID, None, "Lê Thị Khác", "1950"), CLAIMS.enterprise)
    found = await find(app, store, wrong)
    assert found.person and found.person.others == {}


async def test_a_person_whom_population_does_not_know_gets_nothing(
    about_both: Client, app: FastAPI, store: Store
) -> None:
    """A record of another kind alone proves nobody's name: there is nothing to compare the claim with."""
    store.publish_as("cards", CARD, {"personal_id": PERSONAL_ID, "name.full": NAME, "birth_date": "1950"})
    found = await find(app, store)
    assert found.person and (found.person.record, found.person.others) == (None, {})


async def test_of_several_the_newest_is_taken(about_both: Client, app: FastAPI, store: Store) -> None:
    """Two registers of one rank bring a card of the same person: the newer one is told, and a withdrawn one never."""
    store.publish(person())
    for register_, number, version in (("cards", "old", VERSION), ("others", "new", VERSION + 1)):
        store.publish_as(register_, CARD, {"personal_id": PERSONAL_ID, "number": number}, version=version)
    store.publish_as("third", CARD, {"personal_id": PERSONAL_ID, "number": "gone"}, version=VERSION + 2)
    withdrawn = {"personal_id": PERSONAL_ID}
    store.publish_as("third", CARD, withdrawn, version=VERSION + 3, status="withdrawn")
    found = await find(app, store)
    assert found.person and found.person.others["card"].fields["number"] == "new"


async def test_what_waits_in_another_register_marks_that_record_alone(
    about_both: Client, app: FastAPI, store: Store
) -> None:
    """A newer version of the card in quarantine leaves the person's own record as it is."""
    store.publish(person())
    store.publish_as("cards", CARD, {"personal_id": PERSONAL_ID, "number": "A1"})
    store.quarantine(PERSONAL_ID, VERSION + 1, feed="cards.guides")
    found = await find(app, store)
    assert found.person and found.person.record
    assert (found.person.others["card"].waiting, found.person.record.waiting) == (True, False)
