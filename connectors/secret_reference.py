"""What a setting holds in the place of a secret: a reference to it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

SOURCES = ("file", "env", "command")
_SECRET_PARAMETER = re.compile("pass|secret|token|key", re.IGNORECASE)


class SecretReference(str):
    """`file:PATH`, `env:NAME` or `command:PROGRAM ARGUMENT…`; as the type of a setting it refuses everything else.

    The refusal does not repeat what was found: it may be the secret itself.
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Returns how pydantic reads a setting of this type."""
        return core_schema.no_info_after_validator_function(cls._checked, core_schema.str_schema())

    @classmethod
    def _checked(cls, text: str) -> SecretReference:
        source, _, place = text.strip().partition(":")
        if source not in SOURCES or not place.strip():
            raise PydanticCustomError(
                "secret_reference",
                "must refer to the secret, by file:PATH, env:NAME or command:PROGRAM; the secret itself never stands "
                "in a setting (if it did, take it for known and have it changed)",
            )
        return cls(text.strip())

    @property
    def shown(self) -> str:
        """The reference for people: of a command its program only, because its arguments may be secrets too."""
        source, _, place = self.partition(":")
        return f"{source}:{place.split()[0]} …" if source == "command" and len(place.split()) > 1 else str(self)


def address_without_secret(url: str) -> str:
    """Returns an address of a setting; refuses one that holds a password or a key, and does not repeat it."""
    try:
        parts = urlsplit(url)
        held = bool(parts.password) or any(
            _SECRET_PARAMETER.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)
        )
    except ValueError:  # no address at all: the connector says so when it is called
        held = False
    if held:
        raise PydanticCustomError(
            "address_with_secret",
            "must hold no password, token or key: the account stands in the settings `user` and `secret`, a key in "
            "`client_key` (take what stood there for known and have it changed)",
        )
    return url
