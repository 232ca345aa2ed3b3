"""SOAP 1.1, document/literal, by a WSDL that is pinned in this repository with its hash.

zeep reads the WSDL and builds each request in the order that its schema demands. Sending and reading are ours
(`transfer.py`, `xml.py`): zeep's transports write whole bodies to the log, lose the client's headers (zeep #1210) and
read answers of any size. See `docs/decisions/soap-by-zeep-and-lxml.md`.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
from lxml import etree

from connectors import xml
from connectors.auth import Account, AuthScheme
from connectors.errors import BrokenContract, ConnectorError, Refused, Unavailable
from connectors.transfer import Answer, Transfer
from connectors.wsdl_diff import differences

if TYPE_CHECKING:
    from connectors.base import Connector

HERE = Path(__file__).parent
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


class PinBroken(Exception):
    """A WSDL is not the one that was reviewed."""


class Soap:
    """The SOAP service of a register.

    `wsdl` is a path below `connectors/` with its hash beside it, as `sha256sum` writes it; `request_id` is the element
    that gets a fresh UUID in every attempt; `codes` translates the register's own error codes into ours; `max_bytes`
    bounds an answer, unpacked.
    """

    def __init__(
        self,
        wsdl: str,
        *,
        auth: AuthScheme,
        request_id: str,
        codes: Mapping[str, str] | None = None,
        max_bytes: int = 32 * 1024 * 1024,
        folder: Path = HERE,
    ) -> None:
        self.path = folder / wsdl
        self._auth = auth
        self._request_id = request_id
        self._codes = codes or {}
        self._max_bytes = max_bytes

    def authentication(self, account: Account) -> httpx.Auth:
        """Returns what signs each request."""
        return self._auth(account)

    def pinned(self) -> bytes:
        """Returns the pinned WSDL.

        Raises:
            PinBroken: the file is missing, or not the one whose hash was reviewed.
        """
        try:
            pin = self.path.with_name(f"{self.path.name}.sha256").read_text("utf-8")
            content = self.path.read_bytes()
        except (OSError, ValueError):
            raise PinBroken from None
        if [sha256(content).hexdigest(), self.path.name] != pin.split():
            raise PinBroken
        return content

    def diff(self, live: bytes) -> list[str]:
        """Lists what a live WSDL changes against the pinned one: operations, elements, their order and multiplicity.

        Raises:
            PinBroken: see `pinned`.
            ValueError: the live document is no WSDL.
        """
        return differences(self.pinned(), live)

    async def ask(self, connector: Connector, operation: str, fields: Mapping[str, Any]) -> etree._Element:
        """Asks once and returns the one child of the answer's SOAP body; run it inside `connector.call`."""
        register = connector.system
        try:
            client = _client(self)
        except PinBroken:
            raise BrokenContract(register, operation, "wsdl_changed", fields=(self.path.name,)) from None
        request = self._envelope(client, register, operation, fields)
        transfer = Transfer(connector.http, register, operation, self._max_bytes, connector.clock, self._codes)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        answer = await transfer.send("POST", connector.config.url, headers, request)
        expected = client.service._binding.get(operation).output.body.qname
        return _payload(answer, transfer, expected)

    def _envelope(self, client: Any, register: str, operation: str, fields: Mapping[str, Any]) -> bytes:
        try:
            message = client.create_message(
                client.service, operation, **{self._request_id: str(uuid.uuid4()), **fields}
            )
        except Exception:
            # zeep raises half a dozen types here, some with a value of the request in the message.
            raise Refused(register, operation, "request_invalid") from None
        return etree.tostring(message, xml_declaration=True, encoding="utf-8")


@lru_cache(maxsize=16)
def _client(service: Soap) -> Any:
    """Builds zeep's client once a process; it has no network: the pinned WSDL is complete."""
    # Imported late: zeep costs a quarter of a second that a process which only lists feeds need not pay.
    import zeep
    from zeep.transports import Transport

    class NoNetwork(Transport):  # type: ignore[misc]
        def load(self, url: str) -> NoReturn:
            raise PinBroken

    settings = zeep.Settings(
        strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True, xml_huge_tree=False
    )
    return zeep.Client(io.BytesIO(service.pinned()), transport=NoNetwork(), settings=settings)


def _payload(answer: Answer, transfer: Transfer, expected: etree.QName) -> etree._Element:
    register, operation = transfer.register, transfer.operation

    def error(kind: type[ConnectorError], code: str, *fields: str) -> ConnectorError:
        return kind(register, operation, code, fields=fields)

    status = f"HTTP {answer.status}"
    body = _body(answer.body)
    if body is not None and len(body) == 1 and body[0].tag == f"{{{ENVELOPE}}}Fault":
        raise _fault(body[0], transfer, answer)
    if answer.status >= 500 or answer.status in (408, 425):
        raise Unavailable(register, operation, "server_error", fields=(status,), retry_after=answer.retry_after)
    if answer.status != 200:
        raise error(Refused, "http_refused", status)
    if body is None:
        raise error(*_unreadable(answer.body))
    if len(body) != 1:
        raise error(BrokenContract, "not_soap", "Body")
    payload = body[0]
    namespace, _, name = payload.tag.rpartition("}")
    if name != expected.localname or namespace not in ("", "{" + str(expected.namespace)):
        raise error(BrokenContract, "unexpected_answer", "Body")
    return payload


def _body(content: bytes) -> etree._Element | None:
    """Finds the SOAP body of an answer; None when the answer is no SOAP envelope, whatever else it is."""
    try:
        root = xml.parse(content)
    except (etree.XMLSyntaxError, xml.DoctypeForbidden):
        return None
    return root.find(f"{{{ENVELOPE}}}Body") if root.tag == f"{{{ENVELOPE}}}Envelope" else None


def _unreadable(content: bytes) -> tuple[type[ConnectorError], str]:
    """Says why an answer is no SOAP envelope: what broke off may come whole next time, anything else will not."""
    if not content.strip():
        return Unavailable, "empty_answer"
    if b"Envelope" in content[:1000] and b"<!DOCTYPE" not in content and not content.rstrip().endswith(b"Envelope>"):
        return Unavailable, "truncated"
    if _is_error(content):
        return Unavailable, "error_in_200"
    try:
        xml.parse(content)
    except xml.DoctypeForbidden:
        return BrokenContract, "doctype"
    except etree.XMLSyntaxError:
        return BrokenContract, "doctype" if b"<!DOCTYPE" in content else "not_xml"
    return BrokenContract, "not_soap"


def _is_error(content: bytes) -> bool:
    """Tells whether a gateway answered a JSON error where SOAP was due."""
    try:
        return content.lstrip()[:1] == b"{" and not {"error_code", "error", "message"}.isdisjoint(json.loads(content))
    except (ValueError, RecursionError):
        return False


def _fault(fault: etree._Element, transfer: Transfer, answer: Answer) -> ConnectorError:
    """Reads a fault's code and nothing else: the text and the detail may quote the person asked about."""
    register, operation = transfer.register, transfer.operation
    code = (fault.findtext("faultcode") or "").strip().rpartition(":")[2]
    family = code.partition(".")[0]
    if family == "Server":
        return Unavailable(register, operation, "server_fault", retry_after=answer.retry_after)
    if family == "Client":
        return Refused(register, operation, transfer.known_code(answer.body) or "client_fault")
    known = ("VersionMismatch", "MustUnderstand")
    return BrokenContract(register, operation, "unknown_fault", fields=(code,) if code in known else ())
