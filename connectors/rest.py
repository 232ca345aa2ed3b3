"""JSON over HTTP: GET and POST below one base address, with strict reading and the register's own status field.

Sending is `transfer.py`'s, reading `strict_json.py`'s. Parameters never stand in an address that httpx knows: see
`QueryTransport`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx

from connectors.auth import OFFICER, Account, AuthScheme
from connectors.errors import BrokenContract, ConnectorError, Unavailable
from connectors.records import FieldProblem
from connectors.strict_json import read_object
from connectors.transfer import QUERY, Transfer, own_code

if TYPE_CHECKING:
    from connectors.base import Connector

_ERROR_KEYS = frozenset({"error_code", "error"})
_HINTS = frozenset({"message", "fault"})
"""Keys of a gateway's error; the second ones only where the register's own status is missing."""


@dataclass(frozen=True, slots=True)
class StatusField:
    """How a register says in an answer of status 200 whether it did what was asked.

    `good` are the texts of success (0 and "0" are the same); `code` is the field with the register's own error code.
    """

    name: str
    good: frozenset[str]
    code: str = "error_code"


@dataclass(frozen=True, slots=True)
class Rest:
    """The REST service of a register; its base address is the setting `url`.

    `codes` says what the register's own error codes mean: the error to raise and its code in ours. `signs_time` says
    that the sign-in depends on the clock. `max_bytes` bounds an answer, unpacked.
    """

    auth: AuthScheme
    status: StatusField | None = None
    codes: Mapping[str, tuple[type[ConnectorError], str]] = field(default_factory=dict)
    signs_time: bool = False
    max_bytes: int = 8 * 1024 * 1024

    def authentication(self, account: Account) -> httpx.Auth:
        """Returns what signs each request."""
        return self.auth(account)

    async def get(
        self,
        connector: Connector,
        operation: str,
        path: str,
        query: Mapping[str, object],
        *,
        officer: str | None = None,
    ) -> dict[str, Any]:
        """Asks once by GET and returns the answer's object; run it inside `connector.call`."""
        return await self._ask(connector, operation, "GET", _below(connector, path), urlencode(query), officer)

    async def post(
        self, connector: Connector, operation: str, path: str, fields: Mapping[str, Any], *, officer: str | None = None
    ) -> dict[str, Any]:
        """Asks once by POST with a JSON body and returns the answer's object; run it inside `connector.call`."""
        body = json.dumps(fields, ensure_ascii=False).encode()
        return await self._ask(connector, operation, "POST", _below(connector, path), "", officer, body)

    async def follow(
        self, connector: Connector, operation: str, link: str, *, officer: str | None = None
    ) -> dict[str, Any]:
        """Asks for the next page at the address that an answer gave, relative or whole.

        Raises:
            BrokenContract: `other_host`, the address leads elsewhere: our credentials must not follow it.
        """
        base = httpx.URL(connector.config.url)
        try:
            target = base.join(link)
        except (httpx.InvalidURL, ValueError):
            raise BrokenContract(connector.system, operation, "other_host") from None
        if _origin(target) != _origin(base) or target.userinfo:
            raise BrokenContract(connector.system, operation, "other_host")
        address, query = str(target.copy_with(query=None, fragment=None)), target.query.decode("ascii")
        return await self._ask(connector, operation, "GET", address, query, officer)

    async def _ask(
        self,
        connector: Connector,
        operation: str,
        method: str,
        address: str,
        query: str,
        officer: str | None,
        body: bytes | None = None,
    ) -> dict[str, Any]:
        codes = {theirs: ours for theirs, (_, ours) in self.codes.items()}
        transfer = Transfer(
            connector.http, connector.system, operation, self.max_bytes, connector.clock, codes, self.signs_time
        )
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        extensions = {QUERY: query.encode("ascii")} | ({OFFICER: officer} if officer else {})
        answer = await transfer.send(method, address, headers, body, extensions=extensions)
        if 400 <= answer.status < 500 and (own := self.codes.get(own_code(answer.body) or "")) is not None:
            raise transfer.error(*own, f"HTTP {answer.status}")
        found = read_object(answer, transfer)
        self._check_status(found, transfer)
        return found

    def _check_status(self, found: dict[str, Any], transfer: Transfer) -> None:
        """Raises what an answer of status 200 says about itself; the register's own text is not looked at."""
        status = self.status
        if status is not None and _text(found.get(status.name)) in status.good:
            return
        own = self.codes.get(_text(found.get(status.code if status else "error_code")))
        if own is not None:
            raise transfer.error(*own)
        if not _ERROR_KEYS.isdisjoint(found) or (status is not None and not {status.name, *_HINTS}.isdisjoint(found)):
            # Of a failure that names no reason that we know, we can't say that asking again is useless.
            raise transfer.error(Unavailable, "error_in_200")
        if status is not None:
            raise FieldProblem("field_missing", status.name)


def _below(connector: Connector, path: str) -> str:
    """Returns the address of a path below the base address, as the code of a connector spells it."""
    return f"{connector.config.url.rstrip('/')}/{path.lstrip('/')}"


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _text(value: object) -> str:
    """Reads a code that comes as a text or as a number."""
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
