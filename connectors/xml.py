"""Reads XML from outside: no DTD, no entity, no network, bounded depth and text (libxml2's own limits stay on)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeAlias

import orjson
from lxml import etree

from connectors.records import FieldProblem

Tree: TypeAlias = "str | int | dict[str, Tree] | list[Tree] | None"

_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class DoctypeForbidden(ValueError):
    """The document has a DTD; entities could hide in it."""


def parse(body: bytes) -> etree._Element:
    """Parses a document and returns its root.

    Raises:
        DoctypeForbidden: it has a DTD.
        lxml.etree.XMLSyntaxError: it is not well formed, or exceeds libxml2's limits; the message may hold values.
    """
    # A parser is not shared: lxml's keep their last error log, and with it a line of the document.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(body, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise DoctypeForbidden
    return root


def local(element: etree._Element) -> str:
    """Returns an element's name without its namespace, which some gateways lose."""
    return element.tag.rpartition("}")[2]


def tree(element: etree._Element, repeated: Collection[str] = ()) -> Tree:
    """Turns an element into the shape that the same record has as JSON: dicts, and texts at the leaves.

    An absent element is an absent key, an empty one an empty text, and a nil one None. The names in `repeated` are
    lists even when there is one.

    Raises:
        FieldProblem: another element stands twice.
    """
    if element.get(_NIL) in ("true", "1"):
        return None
    if len(element) == 0:
        return element.text or ""
    found: dict[str, Tree] = {}
    for child in element:
        name = local(child)
        value = tree(child, repeated)
        if name in repeated:
            if not isinstance(items := found.setdefault(name, []), list):
                raise FieldProblem("field_malformed", f"{local(element)}.{name}")
            items.append(value)
        elif name in found:
            raise FieldProblem("field_malformed", f"{local(element)}.{name}")
        else:
            found[name] = value
    return found


def filled(parts: Mapping[str, str], name: str) -> str:
    """Returns one text that may be neither absent nor empty.

    Raises:
        FieldProblem: it is.
    """
    if not (text := parts.get(name)):
        raise FieldProblem("field_missing", name)
    return text


def whole_number(parts: Mapping[str, str], name: str) -> int:
    """Reads one text as a whole number, as `xsd:long` writes it.

    Raises:
        FieldProblem: it is absent or no whole number.
    """
    text = filled(parts, name)
    # int() alone would also take `1_000`, the digits of other scripts, and a text of any length.
    if _WHOLE.fullmatch(text) is None:
        raise FieldProblem("field_malformed", name)
    return int(text)


def json_text(text: str) -> str:
    r"""Takes the quoting off a JSON document that a source put into XML as a string literal (`{\"a\": 1}`).

    Anything else comes back as it is, also what is no JSON at all.
    """
    text = text.strip()
    literal = text if text.startswith('"') else f'"{text}"' if text.startswith('{\\"') else None
    if literal is not None:
        try:
            inner = orjson.loads(literal)
        except ValueError:
            return text
        if isinstance(inner, str):
            return inner
    return text
