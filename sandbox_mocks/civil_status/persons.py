"""The question whether the books know something about a person, asked by number, name and birth date together."""

from __future__ import annotations

import unicodedata

from sandbox_mocks.country.civil_status import CivilStatus, Key
from sandbox_mocks.country.civil_status.dates import in_figures, in_parts

FOUND, NONE_ON_FILE, UNKNOWN = "1", "0", "2"
"""ketLuan: records were found; the books of this person are complete and hold none; nothing can be said."""
_BOOKS_COMPLETE_SINCE = 1990
"""The books about people born since this year are all digitised, but for those that are known not to be."""


class Persons:
    """Answers for one country's books."""

    def __init__(self, books: CivilStatus) -> None:
        self._books, self._country = books, books.country

    def search(self, module: str, number: str, name: str, born: str, now: int) -> tuple[str, list[Key]]:
        """Returns the conclusion and a person's records of a module; a wrong name or date is as good as nobody."""
        for holder in self._country.find(number, now)[:1]:
            index = holder.person
            place = self._country.demography.place(index)
            right, birth = self._country.records.identity(index, place)
            if _letters(right.full) != _letters(name) or in_figures(in_parts(birth)) != born:
                break
            keys = [key for key in self._books.of_person(index, now) if key.module == module]
            if keys:
                return FOUND, keys
            incomplete = place.year < _BOOKS_COMPLETE_SINCE or self._books.registrations.on_paper(module, index)
            return (UNKNOWN if incomplete else NONE_ON_FILE), []
        return UNKNOWN, []


def _letters(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFC", text).casefold() if letter.isalnum())
