"""Connectors that ask or read a question wrongly, or tell about it. Each differs from `Tiny` in one thing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.base import CallContext, IdentityClaim, query
from connectors.errors import BrokenContract, ConnectorError
from connectors.population import Population
from schemas.drift import validate_known
from tests.conformance.broken.tiny import Person, Tiny

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class AnswersWithDicts(Tiny):
    """Answers with something else than its wire model."""

    def _found(self, claim: IdentityClaim, found: dict[str, Any]) -> Any:
        person = super()._found(claim, found)
        return person and person.model_dump()


class InventsSomebody(Tiny):
    """Answers an empty record where there is nobody."""

    def _found(self, claim: IdentityClaim, found: dict[str, Any]) -> Any:
        return super()._found(claim, found) or Person()


class DropsEmptyFields(Tiny):
    """Reads an empty field as one that is not there."""

    def _found(self, claim: IdentityClaim, found: dict[str, Any]) -> Any:
        people = [{name: part for name, part in row.items() if part != ""} for row in self._rows(found, "people")]
        return super()._found(claim, {"people": people})


class ChoosesTheFirst(Tiny):
    """Takes the first of several matches."""

    def _found(self, claim: IdentityClaim, found: dict[str, Any]) -> Any:
        return super()._found(claim, {"people": self._rows(found, "people")[:1]})


class OverlooksNewFields(Tiny):
    """Reads an answer without looking for what it does not know."""

    def read(self, operation: str, model: type[M], raw: object) -> M:
        """Reads what it knows."""
        return validate_known(raw, model)


class TakesAnyAnswer(Tiny):
    """Does not look whom an answer is about."""

    def _same(self, claim: IdentityClaim, person: Person) -> None:
        pass


class AsksWithHalfAClaim(Tiny):
    """Sends a claim whatever it lacks."""

    def _claim(self, claim: IdentityClaim) -> dict[str, Any]:
        return {"number": claim.personal_id, "name": claim.name, "birth": claim.birth_date}


class AsksAnything(Tiny):
    """Sends a claim whatever stands in it."""

    def _possible(self, claim: IdentityClaim) -> None:
        pass


class AsksInAnyName(Tiny):
    """Passes an officer on whom nobody has mapped."""

    def _officer(self, context: CallContext) -> str:
        return self.config.officers.get(context.officer, context.officer)


class _Open:
    """Lets everybody out and in."""

    def outgoing(self, operation: str, claim: IdentityClaim) -> None:
        pass

    def incoming(self, operation: str, field: str, numbers: Iterable[str]) -> None:
        pass


class Unguarded(Tiny):
    """Has no environment guard."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.guard = _Open()  # type: ignore[assignment]


class CallsNumbersItsOwn(Tiny):
    """Says that its keys are no personal numbers, which they are."""

    def pages(self, *given: Any, **how: Any) -> Any:
        return super().pages(*given, **{**how, "keys_are": "own"})


class Undocumented(Tiny):
    __doc__ = None


class AsksWithoutGround(Tiny):
    """Has a question that nobody need give a reason for."""

    @query(Person)
    async def quick(self, claim: IdentityClaim) -> Person | None:
        """Finds one person, no questions asked."""
        return await self.person(claim, CallContext(purpose="", legal_basis="", procedure="", dossier="", officer=""))


class _Lenient(Person):
    model_config = ConfigDict(extra="ignore")


class LenientModel(Tiny):
    """Declares a wire model that takes unknown fields."""

    @query(_Lenient)
    async def lenient(self, claim: IdentityClaim, context: CallContext) -> Person | None:
        """Finds one person."""
        return await self.person(claim, context)


class QuotesTheClaim(Tiny):
    """Adds to an error whom it was about."""

    async def person(self, claim: IdentityClaim, context: CallContext) -> Person | None:
        """Finds one person."""
        try:
            return await super().person(claim, context)
        except ConnectorError as error:
            error.add_note(f"asked about {claim.name}")
            raise


class LogsTheGround(Tiny):
    """Logs for which dossier it asked."""

    async def person(self, claim: IdentityClaim, context: CallContext) -> Person | None:
        """Finds one person."""
        logging.getLogger("tiny").info("asking for %s", context.dossier)
        return await super().person(claim, context)


class QuotesStrayErrors(Tiny):
    """Takes the text of whatever broke into its own error."""

    async def _attempt(self, operation: str, attempt: Callable[[], Awaitable[T]], limit: float) -> T:
        async def quoting() -> T:
            try:
                return await attempt()
            except (KeyError, ValueError) as error:
                raise BrokenContract(self.system, operation, "unreadable", fields=(str(error),)) from None

        return await super()._attempt(operation, quoting, limit)


class QuotesTheAnswer(Tiny):
    """Says which value did not fit its model."""

    def read(self, operation: str, model: type[M], raw: object) -> M:
        """Reads a record."""
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            values = [str(part["input"]) for part in error.errors()]
            raise BrokenContract(self.system, operation, "field_malformed", fields=values) from None


class LogsTheAnswer(Tiny):
    """Writes what it found into a log at DEBUG."""

    def _found(self, claim: IdentityClaim, found: dict[str, Any]) -> Any:
        logging.getLogger("tiny").debug("found %s", found)
        return super()._found(claim, found)


class TakesSilenceForNo(Population):
    """Reads everything but "true" as no."""

    def read(self, operation: str, model: type[M], raw: object) -> M:
        """Reads a record; one that does not fit is a no."""
        try:
            return super().read(operation, model, raw)
        except BrokenContract:
            return model.model_validate({"TonTai": "false"})
