"""A register that is to be connected: its names, checked, and what templates are told about it."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from schemas.canonical import SCHEMES, Subject

Protocol = Literal["soap", "rest", "files", "sql"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 30
_RESERVED = frozenset({"admin", "canonical", "codes", "country", "procedures", "expectations", "wsdl", "test", "tests"})
_SPREAD = 60


class NameRefused(ValueError):
    """A name can't be that of a register or of its records; the message says why and what to write."""


@dataclass(frozen=True, slots=True)
class NewRegister:
    """A register and the one feed of records that it begins with.

    Raises:
        NameRefused: a name is none.
    """

    name: str
    protocol: Protocol
    record: str = "record"
    subject: Subject = "person"

    def __post_init__(self) -> None:
        for what, name in (("register", self.name), ("record", self.record)):
            if _NAME.fullmatch(name) is None or len(name) > _LONGEST:
                raise NameRefused(
                    f"{name!r} is no name of a {what}: a lower-case word, or several joined by _, with at most"
                    f" {_LONGEST} letters and digits, such as library"
                )
            if name in _RESERVED or keyword.iskeyword(name) or keyword.issoftkeyword(name):
                raise NameRefused(f"{name!r} has another meaning here: choose another name for the {what}")

    @property
    def kind(self) -> str:
        """The kind of its records, and the prefix of their attributes."""
        return f"{self.name}_{self.record}"

    @property
    def feed(self) -> str:
        """The full name of its feed."""
        return f"{self.name}.{self.record}s"

    def words(self) -> dict[str, Any]:
        """Returns what the templates are told."""
        person = self.subject == "person"
        scheme = SCHEMES[self.subject]
        # Others' numbers of invented people, and codes with a right check digit.
        examples = [f"1000800000{at:02d}" for at in range(11, 17)] if person else _CODES
        keys = "" if person else ', keys_are="enterprise_code"'
        return {
            "name": self.name,
            "NAME": self.name.upper(),
            "Name": _class(self.name),
            "record": self.record,
            "Record": _class(self.record),
            "records": f"{self.record}s",
            "RECORDS": f"{self.record}s".upper(),
            "kind": self.kind,
            "Kind": _class(self.kind),
            "feed": self.feed,
            "subject": self.subject,
            "about": "person" if person else "enterprise",
            "people": 400 if person else 8000,
            "key": "personal_id" if person else "code",
            "KeyType": "PersonalId" if person else "EnterpriseCode",
            "imports_vn": "PartialDateText, PersonalId" if person else "EnterpriseCode, PartialDateText",
            "step": scheme,
            "number": "SoDinhDanh" if person else "MaSoDoanhNghiep",
            "example": examples[0],
            "examples": f"({', '.join(repr(each) for each in examples)})".replace("'", '"'),
            "keys_are": keys,
            "keys_are_line": "" if person else '\n        keys_are="enterprise_code",',
            "lacks_people": "" if person else '\n        "people": "names enterprises by their codes",',
            # At a minute of its own, so that not all registers are read at once.
            "minute": sum(map(ord, self.name)) % _SPREAD,
            "settings": _settings(self.name, self.protocol),
        }


_CODES = ["0314409058", "0100109106", "0100233488", "0100150619", "0300588569", "0302207388"]


def _class(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _settings(name: str, protocol: Protocol) -> str:
    of = f"HUB_REGISTERS__{name.upper()}__"
    lines = {
        "rest": ["URL=https://TODO", "API_KEY=file:/run/secrets/TODO"],
        "soap": ["URL=https://TODO", "API_KEY=file:/run/secrets/TODO"],
        "files": ["URL=sftp://TODO:22/TODO", "USER=TODO", "SECRET=file:/run/secrets/TODO", "CA_FILE=TODO"],
        "sql": ["URL=postgresql+psycopg://TODO:5432/TODO", "USER=TODO", "SECRET=file:/run/secrets/TODO"],
    }[protocol]
    return "".join(f"{of}{line}\n" for line in lines)
