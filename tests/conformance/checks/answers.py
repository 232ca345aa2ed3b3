"""Right answers in their many shapes: nobody, one, several, empty, absent, new."""

from __future__ import annotations

from pydantic import BaseModel

from connectors.errors import BrokenContract, Refused
from tests.conformance.answers import STRANGE
from tests.conformance.suite import check
from tests.conformance.trial import Trial, refused
from tests.conformance.wire import body


@check("http", "question", "record")
async def somebody(trial: Trial) -> None:
    """A question about a known subject answers with the declared wire model."""
    answer = await trial.ask()
    model: type[BaseModel] = trial.connector.queries[trial.question.method].model
    assert isinstance(answer, model), f"{type(answer).__name__} where {model.__name__} is due"


@check("http", "question", "record")
async def nobody(trial: Trial) -> None:
    """A question about somebody whom the register does not have answers None, which is no error."""
    assert await trial.ask(trial.question.nobody(await trial.claim())) is None, "somebody was found"


@check("http", "question", "record")
async def empty_is_not_absent(trial: Trial) -> None:
    """A field that is empty and one that is not there stay two things: only one of them says something."""
    answers, name = trial.twin.answers, trial.question.optional
    trial.script(body(lambda content: answers.blank(content, name)), times=1)
    blank = await trial.ask()
    trial.script(body(lambda content: answers.without(content, name)))
    absent = await trial.ask()
    assert blank != absent, f"an empty and an absent {name} are read as the same"


@check("http", "question")
async def one_is_a_list_of_one(trial: Trial) -> None:
    """One element means the same whether the register writes it bare or as a list."""
    expected = await trial.ask()
    trial.script(body(trial.twin.answers.bare))
    assert expected == await trial.ask(), "a bare element is read as something else"


@check("http", "question", "claims", "record")
async def ambiguous(trial: Trial) -> None:
    """Two matches are none that may be chosen: the question is refused."""
    trial.script(body(trial.twin.answers.doubled))
    await refused(trial.ask(), Refused, "ambiguous")


@check("http", "question")
async def drift_in_an_answer(trial: Trial) -> None:
    """A field that the wire model does not know breaks the contract and is named."""
    trial.script(body(trial.twin.answers.strange))
    error = await refused(trial.ask(), BrokenContract, "drift")
    assert any(STRANGE in path for path in error.fields), "the new field is not named"


@check("http", "question", "verdict")
async def silence_is_no_no(trial: Trial) -> None:
    """A yes or no that is empty, absent or something else is neither: the register said nothing."""
    answers, name = trial.twin.answers, trial.question.verdict
    assert await trial.ask() is True, "a right claim is not confirmed"
    assert await trial.ask(trial.question.nobody(await trial.claim())) is False, "a wrong claim is confirmed"
    for spoil in (answers.blank, answers.without):
        trial.wire.forget()
        trial.script(body(lambda content, spoil=spoil: spoil(content, name)))  # type: ignore[misc]
        await refused(trial.ask(), BrokenContract)
