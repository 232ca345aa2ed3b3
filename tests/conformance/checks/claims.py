"""What may be asked, about whom, and in whose name."""

from __future__ import annotations

from dataclasses import replace

from connectors.errors import BrokenContract, ConnectorError, Refused
from schemas.vn import synthetic
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


@check("http", "question", "claims")
async def claim_malformed(trial: Trial) -> None:
    """A number or a birth date that can't be one is refused, and nothing is asked."""
    claim = await trial.claim()
    digits = "".join(chr(ord(digit) + 0xFEE0) for digit in claim.personal_id)
    numbers = ("100", claim.personal_id + "0", digits, f"{claim.personal_id[:-1]}x", f" {claim.personal_id}\n")
    dates = ("1950-13", "1950-02-30", "50", "21/03/1950", "năm 1950")
    wrong = [trial.question.renumbered(claim, number) for number in numbers]
    wrong += [replace(claim, birth_date=date) for date in dates]
    for one in wrong:
        await refused(trial.ask(one), Refused, "claim_malformed", "person_outside_environment")
    assert trial.untouched(), "a claim that can't be was sent"


@check("http", "question")
async def odd_texts(trial: Trial) -> None:
    """Texts that no form holds (control characters, half a character, markup) are refused or find nobody."""
    claim = await trial.claim()
    for odd in ("\x00", "a\r\nX-Odd: 1", "]]>", "&b;", "<a>", "\ud800", "%00", "x" * 5000):
        asked = [trial.question.renumbered(claim, odd)]
        if "claims" not in trial.case.lacks:
            asked.append(replace(claim, name=odd))
        for one in asked:
            try:
                answer = await trial.ask(one)
            except ConnectorError as error:
                assert isinstance(error, Refused), f"{type(error).__name__} {error.code} where Refused is due"
            except Exception as error:
                raise AssertionError(f"{type(error).__name__} escaped, which is no ConnectorError") from None
            else:
                assert not answer, "an odd text found somebody"


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


@check("feed")
async def keys_of_people_are_guarded(trial: Trial) -> None:
    """Whoever says that its keys are no personal numbers is taken at its word only while none looks like one."""
    keys = [entry.key for entry in await trial.read()]
    if any(len(key) == 12 and synthetic(key) for key in keys):
        await refused(trial.read(environment="production"), BrokenContract, "synthetic_person")


@check("http", "question", "record")
async def another_subject(trial: Trial) -> None:
    """An answer about another subject than the one asked for is never passed on."""
    number = trial.question.traces(await trial.claim())[0]
    other = number[:-3] + ("000" if number[-3:] != "000" else "111")
    trial.script(body(lambda content: content.replace(number.encode(), other.encode())))
    await refused(trial.ask(), BrokenContract, "other_person", "other_enterprise", "unexpected_answer")
