"""Compares two WSDLs by what they mean to a caller, not by how they are written."""

from __future__ import annotations

from lxml import etree

from connectors import xml

_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_XSD = "{http://www.w3.org/2001/XMLSchema}"


def differences(pinned: bytes, live: bytes) -> list[str]:
    """Lists what the live WSDL adds, drops or changes: operations, and the elements of types in their order.

    Raises:
        ValueError: a document is no WSDL.
    """
    before, after = _facts(pinned), _facts(live)
    lines = [f"{name}: dropped" for name in before if name not in after]
    lines += [f"{name}: added: {fact}" for name, fact in after.items() if name not in before]
    lines += [f"{name}: was {fact}, is {after[name]}" for name, fact in before.items() if after.get(name, fact) != fact]
    return lines


def _facts(document: bytes) -> dict[str, str]:
    try:
        root = xml.parse(document)
    except (etree.XMLSyntaxError, xml.DoctypeForbidden):
        raise ValueError("the document is not well-formed XML without a DTD") from None
    if root.tag != f"{_WSDL}definitions":
        raise ValueError("the document is no WSDL 1.1")
    facts: dict[str, str] = {}
    messages = {
        message.get("name"): ", ".join(part.get("element") or part.get("type") or "" for part in message)
        for message in root.iter(f"{_WSDL}message")
    }
    for operation in root.iterfind(f"{_WSDL}portType/{_WSDL}operation"):
        sides = [messages.get(_bare(side.get("message")), "?") for side in operation if side.get("message")]
        facts[f"operation {operation.get('name')}"] = " -> ".join(sides)
    for schema in root.iter(f"{_XSD}schema"):
        for item in schema:
            if name := item.get("name"):
                _walk(item, f"{xml.local(item)} {{{schema.get('targetNamespace', '')}}}{name}", facts)
    return facts


def _walk(node: etree._Element, path: str, facts: dict[str, str]) -> None:
    """Writes down one element or type; children keep their place, because the order of elements matters."""
    kind = _bare(node.get("type")) or "inline"
    facts[path] = f"{kind} {node.get('minOccurs', '1')}..{node.get('maxOccurs', '1')}" + (
        " nillable" if node.get("nillable") == "true" else ""
    )
    place = 0
    for child in node.iter(f"{_XSD}element", f"{_XSD}choice", f"{_XSD}attribute", f"{_XSD}enumeration"):
        if child is node or _owner(child, node) is not node:
            continue
        place += 1
        name = child.get("name") or _bare(child.get("ref")) or child.get("value") or xml.local(child)
        _walk(child, f"{path}/{name}", facts)
        facts[f"{path}/{name}"] += f", place {place}"


def _owner(child: etree._Element, stop: etree._Element) -> etree._Element:
    """Finds the nearest named ancestor, or choice, that a child belongs to."""
    parent = child.getparent()
    while parent is not None and parent is not stop and parent.tag not in (f"{_XSD}element", f"{_XSD}choice"):
        parent = parent.getparent()
    return stop if parent is None else parent


def _bare(name: str | None) -> str:
    return (name or "").rpartition(":")[2]
