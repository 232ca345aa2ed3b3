"""What may be asked, about whom, and in whose name."""

from __future__ import annotations

from dataclasses import replace

from connectors.errors import BrokenContract, Refused
from tests.conformance.case import CONTEXT
from tests.conformance.suite import check
from tests.conformance.trial import Trial, refused
from tests.conformance.wire import body

REAL = "999"
"""A prefix of no province: neither synthetic nor anybody's, but a sandbox must take it for a real person's."""


def _real(number: str) -> str:
    return REAL + number[len(REAL) :]


@check("question", "claims")
async def claim_incomplete(trial: Trial) -> None:
    """A claim that lacks number, name or birth date is refused, naming what is missing, and nothing is asked."""
    claim = await trial.claim()
    for part in ("personal_id", "name", "birth_date"):
        for nothing in (None, "", "  "):
            error = await refused(trial.ask(replace(claim, **{part: nothing})), Refused, "claim_incomplete")
            assert part in error.fields, f"{part} is not named as missing"
    assert trial.untouched(), "an incomplete claim was sent"


@check("question", "officers")
async def officer_unmapped(trial: Trial) -> None:
    """An officer whom the register does not know by a code of its own is refused, and nothing is asked."""
    await trial.claim()
    await refused(trial.ask(context=replace(CONTEXT, officer="nobody-mapped")), Refused, "officer_unmapped")
    assert trial.untouched(), "a request was sent for an officer without a code"


@check("question", "people")
async def real_people_stay_out_of_a_sandbox(trial: Trial) -> None:
    """A sandbox asks about nobody whose number is not synthetic."""
    claim = await trial.claim()
    claim = trial.question.renumbered(claim, _real(trial.question.traces(claim)[0]))
    await refused(trial.ask(claim), Refused, "person_outside_environment")
    assert trial.untouched(), "a sandbox sent a real number"


@check("question", "people")
async def invented_people_stay_out_of_production(trial: Trial) -> None:
    """Production asks about nobody whose number is synthetic."""
    await trial.claim()
    await refused(trial.ask(environment="production"), Refused, "person_outside_environment")
    assert trial.untouched(), "production sent a synthetic number"


@check("http", "feed", "people")
async def sandbox_refuses_real_answers(trial: Trial) -> None:
    """A real number in a page that reaches a sandbox ends the walk at once."""
    people = [entry.key for entry in await trial.read() if len(entry.key) == 12]
    assert people, "nobody's number is a key in the case's window"
    number = people[0]
    trial.script(
        body(lambda page: page.replace(number.encode(), _real(number).encode())), operation=trial.feed.operation
    )
    await refused(trial.read(), BrokenContract, "foreign_person")


@check("feed", "people")
async def production_refuses_invented_answers(trial: Trial) -> None:
    """A synthetic number in a page that reaches production ends the walk at once."""
    await refused(trial.read(environment="production"), BrokenContract, "synthetic_person")


@check("http", "question", "record")
async def another_subject(trial: Trial) -> None:
    """An answer about another subject than the one asked for is never passed on."""
    number = trial.question.traces(await trial.claim())[0]
    other = number[:-3] + ("000" if number[-3:] != "000" else "111")
    trial.script(body(lambda content: content.replace(number.encode(), other.encode())))
    await refused(trial.ask(), BrokenContract, "other_person", "other_enterprise", "unexpected_answer")
