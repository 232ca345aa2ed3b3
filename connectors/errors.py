"""What can go wrong when a register is asked, chosen by what the caller should do next.

    ConnectorError
    ├── Refused          the question is wrong: mend it, asking again changes nothing
    ├── Denied           our credentials or rights are wrong: a person has to act
    ├── Unavailable      the register can't answer now: ask again later, after `retry_after` seconds when it said so
    └── BrokenContract   the register answered what its contract forbids: look at it before asking again

"Nobody of that name" is not an error: a query then answers None.

A message is built from the register, the operation, a code of the table below and paths of fields. It never holds a
value, a text that the register sent or a part of a body, so an error may be logged, shown and sent on as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

CODES: dict[str, str] = {
    # Refused
    "claim_incomplete": "give number, name and birth date together",
    "code_malformed": "give an enterprise code: 10 digits, 10-3, 10.5 of a business location, or 12 digits; or a "
    "dossier number",
    "claim_malformed": "give a 12-digit or 9-digit number, and the birth date as yyyy, yyyy-mm or yyyy-mm-dd",
    "ambiguous": "several people match: ask for more of the claim",
    "officer_unmapped": "add the officer to the setting `officers` of this register",
    "person_outside_environment": "synthetic numbers (prefix 100) belong to the sandbox, all others to production",
    "window_invalid": "give two times with a zone, the earlier one first",
    "window_unsettled": "end the window earlier: changes younger than the settle lag may still move",
    "window_too_long": "the register reads fewer days at a time: check the connector",
    "page_size_invalid": "ask for 1 to 1000 records a page",
    "request_invalid": "the request does not fit the pinned WSDL: check the connector",
    "officer_unknown": "the register does not know this officer code: have it registered there, or correct `officers`",
    "service_unknown": "the register does not know our service code: check the setting `service_code`",
    "client_fault": "the register refused the request: check service code, officer and fields with the register",
    "http_refused": "the register refused the request with this HTTP status: check the address and the request",
    "address_invalid": "the register's address can't be called: check the setting `url`",
    "hours_impossible": "the settings leave no service hour: correct `windows` of this register",
    "secret_missing": "the setting names no such account or secret: check the register's settings",
    "certificate_unusable": "a certificate or key of the settings can't be read, or the two do not belong together: "
    "see `hub secrets check`",
    # Denied
    "login_refused": "the register's token service refused our keys: check access_key, secret and partner codes",
    "credentials": "the register refused our account or its own token: check the account and the secrets in the "
    "register's settings, and the logical address where there is one",
    "clock_skew": "the clocks of the hub and the register differ: synchronise this machine (NTP), or tell the register",
    "forbidden": "the register knows our account but denies the service: ask for the right",
    "host_key": "the server's key is not the pinned one: check the address; renew the keys in `ca_file` when the "
    "register confirms that they changed",
    "certificate": "the register's certificate is not trusted: check the address, or set `ca_file` to its authority",
    "certificate_expired": "the register's certificate has ended, or is not valid yet: tell the register, or set this "
    "machine's clock",
    "certificate_host": "the register's certificate is for another host: check the address",
    "tls_version": "the register offers no TLS 1.2 or later, or only weak keys: ask it to renew its server",
    "client_certificate_missing": "the register wants a client certificate: set client_certificate and client_key",
    "client_certificate": "the register refused our client certificate: have it registered there, or renew it",
    "client_certificate_expired": "our client certificate has ended: renew it; the new file is used without a restart",
    "handshake_refused": "the register ended the handshake: it may want a client certificate, or other ciphers",
    # Unavailable
    "timeout": "no answer in time: try again later",
    "connection": "the connection failed or broke: check the address and the network, or try again later",
    "throttled": "the register asks for fewer calls: wait, or lower the courtesy",
    "server_error": "the register is in trouble: try again later",
    "server_fault": "the register failed while it worked on the request: try again later",
    "error_in_200": "a gateway reported an error as if it were an answer: try again later, or look at the gateway",
    "empty_answer": "the answer had no body: try again later",
    "truncated": "the answer broke off: try again later",
    "deadline": "the caller's deadline passed before an answer came",
    "budget": "no turn in time: other callers use the register's whole courtesy",
    "quota": "the register's calls of this day or month are used up: wait until they renew, or agree on more with it",
    "breaker_open": "the register keeps failing: mend what earlier errors named; after half a minute one call tries",
    "file_missing": "a file of the window is not there yet: try again later, or lengthen the settle lag of the feed",
    "file_unsettled": "a file is still being written: try again later",
    "closed_hours": "the register is outside its service hours",
    "maintenance": "the register is under maintenance that was announced: its setting `maintenance` says until when",
    "page_repeated": "the register answered an earlier page again: read anew, and tell the register when it recurs",
    "page_missing": "the register left out records of a page: read anew, and tell the register when it recurs",
    "page_other": "the register answered another page than the one asked: read the window again",
    "list_moved": "the list changed while it was read: read the window again, with a longer settle lag if it recurs",
    "contents_behind": "the register announced a change that its answer does not hold yet: try again later",
    # BrokenContract
    "wsdl_changed": "the pinned WSDL differs from its hash: restore it, or review it and renew "
    "its .sha256 beside it; `hub connector diff` compares the pinned one with the live one",
    "redirect": "the register redirects and the hub does not follow: check the address in the settings",
    "oversize": "the answer is larger than allowed: lower the page size, or look at the source",
    "encoding": "the answer has a content encoding that was not asked for",
    "doctype": "the answer carries a DTD or entities, which are forbidden",
    "not_xml": "the answer is no XML document: look at the gateway in between",
    "not_soap": "the answer is no SOAP envelope with one body: look at the gateway in between",
    "not_json": "the answer is no JSON object (a log-in page?): look at the gateway in between",
    "not_utf8": "the answer is JSON in another charset than UTF-8, which its standard forbids: ask the register",
    "key_repeated": "the answer holds a key twice: look at the source",
    "other_host": "the answer leads to an address outside the register, where our credentials must not go",
    "unexpected_answer": "the answer holds another element than the WSDL names: compare the live WSDL",
    "unknown_fault": "the register sent a fault that SOAP does not define",
    "field_missing": "a required element is missing: compare the register's contract",
    "field_malformed": "an element has another form than the contract says: compare the register's contract",
    "drift": "the answer holds fields that the wire model does not know: review it and extend the model",
    "outside_window": "the register sent records from outside the window",
    "order_broken": "the register sent a page out of order",
    "other_enterprise": "the register answered about another enterprise than the one asked for",
    "other_person": "the register answered about another person than the one asked for",
    "foreign_person": "a number of a real person reached a sandbox: stop and find out why",
    "synthetic_person": "a synthetic number (prefix 100) reached production: check the register's address",
    "file_refused": "a link, a folder or a device has the name of a file: ask the register",
    "file_changed": "a file is another one than was read: read its days again with `hub run --since … --until …`",
    "file_encoding": "the file is not the UTF-8, with or without byte order mark, that the connector declares",
    "not_base64": "the file is no base64: compare the connector's `layers`",
    "archive": "the archive is broken, empty or encrypted, or has links, too many entries or paths that lead out of it",
    "column_missing": "the file or view lacks a column that the wire model has: compare them with the register",
    "column_repeated": "the file names a column twice: ask the register",
    "row_malformed": "the line has more or fewer cells than the header, or a broken quote: ask the register",
    "view_missing": "the database has no such view for our account: check its name and our rights",
    "view_failed": "the view failed while it was read: show the SQLSTATE to the register's side",
    "unreadable": "the answer could not be read at the place named: report it with the trace id",
}
"""Every code that an error may carry, and what to do about it."""


class ConnectorError(Exception):
    """A register could not be asked, or did not answer as agreed; see the tree above.

    Attributes: `register`, `operation`, `code` (a key of `CODES`) and `fields` (paths, never values).
    """

    def __init__(self, register: str, operation: str, code: str, *, fields: Iterable[str] = ()) -> None:
        self.register, self.operation, self.code, self.fields = register, operation, code, tuple(fields)
        where = f" ({', '.join(self.fields)})" if self.fields else ""
        super().__init__(f"{register}.{operation}: {code}{where}: {CODES[code]}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.register, self.operation, self.code, self.fields, self.__dict__)


class Refused(ConnectorError):
    """The question is wrong; asking it again changes nothing."""


class Denied(ConnectorError):
    """The register does not accept our credentials, or they do not give this right."""


class Unavailable(ConnectorError):
    """The register can't answer now; `retry_after` is how many seconds it asked us to wait, when it did."""

    def __init__(
        self,
        register: str,
        operation: str,
        code: str,
        *,
        fields: Iterable[str] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(register, operation, code, fields=fields)
        self.retry_after = retry_after


class BrokenContract(ConnectorError):
    """The register answered something that its contract forbids."""


def _rebuild(
    kind: type[ConnectorError], register: str, operation: str, code: str, fields: tuple[str, ...], state: dict[str, Any]
) -> ConnectorError:
    """Makes an error again on the other side of a process boundary (Airflow and multiprocessing pickle them)."""
    error = kind(register, operation, code, fields=fields)
    error.__dict__.update(state)
    return error
