"""Deny by default, and the least of three sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.exchange.policy import Consumer, ConsumerKey, Grant, Needs, Policy, require_officer
from hub.exchange.refusals import InvalidParam, Refused

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
NEEDS = {"1.004623": Needs(("person.birth_date", "person.gender", "person.name.full"), frozenset({"person.gender"}))}


def _consumer(*grants: Grant, keys: tuple[str, ...] = ("k1",), consumer_id: str = "portal") -> Consumer:
    held = {kid: ConsumerKey(kid, {}, True, None) for kid in keys}
    return Consumer(consumer_id, True, held, frozenset({"CB-00123"}), {each.procedure: each for each in grants})


def _grant(*attributes: str, valid_to: datetime | None = None, valid_from: datetime | None = None) -> Grant:
    return Grant("1.004623", frozenset(attributes), "a law", valid_from or NOW - timedelta(days=1), valid_to)


def test_the_least_of_three_sets_is_released() -> None:
    """Released is what the procedure needs, the grant allows and the call asks for; the grant's lack is withheld."""
    consumer = _consumer(_grant("person.birth_date", "person.spouse"))
    permit = Policy.of([consumer], NEEDS).permit(consumer, "1.004623", ["person.birth_date", "person.gender"], NOW)
    assert (permit.released, permit.withheld) == (("person.birth_date",), ("person.gender",))


def test_all_needs_are_meant_when_nothing_is_asked() -> None:
    """A call without attributes asks for all that the procedure needs."""
    consumer = _consumer(_grant("person.birth_date", "person.gender", "person.name.full"))
    permit = Policy.of([consumer], NEEDS).permit(consumer, "1.004623", None, NOW)
    assert permit.released == ("person.birth_date", "person.gender", "person.name.full")
    assert permit.editable == {"person.gender"}


def test_more_than_the_procedure_needs_is_refused() -> None:
    """An attribute that the procedure does not need is refused even when it is granted, and named by its place."""
    consumer = _consumer(_grant("person.birth_date", "person.spouse"))
    with pytest.raises(Refused) as caught:
        Policy.of([consumer], NEEDS).permit(consumer, "1.004623", ["person.birth_date", "person.spouse"], NOW)
    assert caught.value.code == "attributes.beyond_procedure"
    assert caught.value.invalid_params == (InvalidParam("attributes[1]", "beyond_procedure"),)


@pytest.mark.parametrize(
    ("grants", "procedure", "code"),
    [
        ((), "1.004623", "grant.missing"),
        ((_grant("person.gender", valid_to=NOW),), "1.004623", "grant.missing"),
        ((_grant("person.gender", valid_from=NOW + timedelta(seconds=1)),), "1.004623", "grant.missing"),
        ((_grant("person.gender"),), "1.999999", "procedure.unknown"),
    ],
)
def test_nothing_is_granted_by_default(grants: tuple[Grant, ...], procedure: str, code: str) -> None:
    """No grant, a grant that ended, one that has not begun and an unknown procedure are refused."""
    consumer = _consumer(*grants)
    with pytest.raises(Refused) as caught:
        Policy.of([consumer], NEEDS).permit(consumer, procedure, None, NOW)
    assert caught.value.code == code


def test_an_officer_must_be_registered() -> None:
    """Nobody stands behind a call whose officer is not the consumer's."""
    with pytest.raises(Refused) as caught:
        require_officer(_consumer(), "CB-99999")
    assert caught.value.code == "officer.unknown"


def test_a_key_of_two_consumers_proves_neither() -> None:
    """A key that two consumers registered belongs to none of them."""
    policy = Policy.of([_consumer(), _consumer(consumer_id="other"), _consumer(keys=("k2",), consumer_id="third")], {})
    assert policy.owner_of("k1") is None
    owner = policy.owner_of("k2")
    assert owner is not None and owner.consumer_id == "third"
