"""How an answer of a register is read and spoiled without knowing what it says: one class for XML, one for JSON."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from lxml import etree

STRANGE = "TruongMoi"
"""A field that no schema knows."""


class Answers(Protocol):
    """Spoils answers; each method returns a new body."""

    def backwards(self, content: bytes) -> bytes:
        """Turns the list of a page round."""

    def shortened(self, content: bytes) -> bytes:
        """Leaves the last entry of a page out; its total stays."""

    def one_more(self, content: bytes) -> bytes:
        """Adds one to the total of a page."""

    def doubled(self, content: bytes) -> bytes:
        """Gives the answer to a question twice."""

    def bare(self, content: bytes) -> bytes:
        """Writes a list of one as that one, where the format can."""

    def without(self, content: bytes, name: str) -> bytes:
        """Takes a field out of the answer to a question."""

    def blank(self, content: bytes, name: str) -> bytes:
        """Empties a field of the answer to a question."""

    def strange(self, content: bytes) -> bytes:
        """Adds a field that nobody knows to the answer to a question."""

    def spoiled(self, content: bytes, text: str) -> Iterator[bytes]:
        """Puts a text into each leaf in turn, as a value and as a part of a value that should have none."""

    def bombs(self) -> Iterator[bytes]:
        """Makes documents that are small and break a careless reader."""


@dataclass(frozen=True)
class XmlAnswers:
    """XML: `entry` is what stands for one record in a page and in the answer to a question."""

    entry: str
    total: str

    def backwards(self, content: bytes) -> bytes:
        """Turns the list of a page round."""
        return self._change(content, lambda root: self._replace(root, self._entries(root)[::-1]))

    def shortened(self, content: bytes) -> bytes:
        """Leaves the last entry of a page out; its total stays."""
        return self._change(content, lambda root: self._replace(root, self._entries(root)[:-1]))

    def one_more(self, content: bytes) -> bytes:
        """Adds one to the total of a page."""

        def change(root: etree._Element) -> None:
            total = self._named(root, self.total)[0]
            total.text = str(int(total.text or 0) + 1)

        return self._change(content, change)

    def doubled(self, content: bytes) -> bytes:
        """Gives the answer to a question twice."""

        def change(root: etree._Element) -> None:
            first = self._entries(root)[0]
            first.addnext(copy.deepcopy(first))

        return self._change(content, change)

    def bare(self, content: bytes) -> bytes:
        """XML has no other way to write a list of one."""
        return content

    def without(self, content: bytes, name: str) -> bytes:
        """Takes a field out of the answer to a question."""

        def change(root: etree._Element) -> None:
            for entry in self._entries(root):
                for found in self._named(entry, name):
                    parent = found.getparent()
                    assert parent is not None
                    parent.remove(found)

        return self._change(content, change)

    def blank(self, content: bytes, name: str) -> bytes:
        """Empties a field of the answer to a question, which has it already or gets it."""

        def change(root: etree._Element) -> None:
            for entry in self._entries(root):
                found = self._named(entry, name) or [etree.SubElement(entry, name)]
                found[0].text = None

        return self._change(content, change)

    def strange(self, content: bytes) -> bytes:
        """Adds a field that nobody knows to the answer to a question."""

        def change(root: etree._Element) -> None:
            for entry in self._entries(root):
                etree.SubElement(entry, STRANGE).text = "giá trị mới"

        return self._change(content, change)

    def spoiled(self, content: bytes, text: str) -> Iterator[bytes]:
        """Puts a text into each leaf in turn, as a value and as an element in it."""
        leaves = [number for number, part in enumerate(etree.fromstring(content).iter()) if len(part) == 0]
        for leaf in leaves:
            for nested in (False, True):
                root = etree.fromstring(content)
                part = list(root.iter())[leaf]
                part.text = None if nested else text
                if nested:
                    etree.SubElement(part, "a").text = text
                yield etree.tostring(root)

    def bombs(self) -> Iterator[bytes]:
        """Makes entities that grow, an entity that reads a file, and a document of endless depth."""
        grow = b"".join(b'<!ENTITY b%d "%s">' % (n, b"&b%d;" % (n - 1) * 10) for n in range(1, 11))
        yield b'<!DOCTYPE a [<!ENTITY b0 "ha">%s]><a>&b10;</a>' % grow
        yield b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'
        yield b"<a>" * 100_000 + b"</a>" * 100_000

    def _change(self, content: bytes, change: Callable[[etree._Element], None]) -> bytes:
        root = etree.fromstring(content)
        change(root)
        return etree.tostring(root)

    def _entries(self, root: etree._Element) -> list[etree._Element]:
        return self._named(root, self.entry)

    def _named(self, root: etree._Element, name: str) -> list[etree._Element]:
        return [part for part in root.iter() if isinstance(part.tag, str) and part.tag.rpartition("}")[2] == name]

    def _replace(self, root: etree._Element, entries: list[etree._Element]) -> None:
        first = self._entries(root)[0]
        parent = first.getparent()
        assert parent is not None
        place = parent.index(first)
        for entry in self._entries(root):
            parent.remove(entry)
        for offset, entry in enumerate(entries):
            parent.insert(place + offset, entry)


@dataclass(frozen=True)
class JsonAnswers:
    """JSON: `rows` is the list of a page, `total` its number, `found` the list or object that answers a question."""

    rows: str
    total: str
    found: str

    def backwards(self, content: bytes) -> bytes:
        """Turns the list of a page round."""
        return self._change(content, lambda root: root.update({self.rows: root[self.rows][::-1]}))

    def shortened(self, content: bytes) -> bytes:
        """Leaves the last entry of a page out; its total stays."""
        return self._change(content, lambda root: root.update({self.rows: root[self.rows][:-1]}))

    def one_more(self, content: bytes) -> bytes:
        """Adds one to the total of a page."""
        return self._change(content, lambda root: root.update({self.total: int(root[self.total]) + 1}))

    def doubled(self, content: bytes) -> bytes:
        """Gives the answer to a question twice."""
        return self._change(content, lambda root: root.update({self.found: _listed(root[self.found]) * 2}))

    def bare(self, content: bytes) -> bytes:
        """Writes every list of one object as that object, as converters from XML do."""
        return json.dumps(_bare(json.loads(content))).encode()

    def without(self, content: bytes, name: str) -> bytes:
        """Takes a field out of the answer to a question."""
        return self._change(content, lambda root: [item.pop(name, None) for item in _listed(root[self.found])])

    def blank(self, content: bytes, name: str) -> bytes:
        """Empties a field of the answer to a question."""
        return self._change(content, lambda root: [item.update({name: ""}) for item in _listed(root[self.found])])

    def strange(self, content: bytes) -> bytes:
        """Adds a field that nobody knows to the answer to a question."""
        return self._change(
            content, lambda root: [item.update({STRANGE: "giá trị mới"}) for item in _listed(root[self.found])]
        )

    def spoiled(self, content: bytes, text: str) -> Iterator[bytes]:
        """Puts a text into each leaf in turn, as a value and as an object in its place."""
        for path in list(_leaves(json.loads(content))):
            for value in (text, {"a": text}):
                root = json.loads(content)
                place = root
                for step in path[:-1]:
                    place = place[step]
                place[path[-1]] = value
                yield json.dumps(root, ensure_ascii=False).encode()

    def bombs(self) -> Iterator[bytes]:
        """Makes a document of endless depth and a number of endless length."""
        yield b"[" * 100_000 + b"]" * 100_000
        yield b'{"a":' * 100_000 + b"1" + b"}" * 100_000
        yield b'{"%s": %s}' % (self.total.encode(), b"9" * 100_000)

    def _change(self, content: bytes, change: Callable[[Any], object]) -> bytes:
        root = json.loads(content)
        change(root)
        return json.dumps(root).encode()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(part) for name, part in value.items()}
    if isinstance(value, list):
        parts = [_bare(part) for part in value]
        return parts[0] if len(parts) == 1 and isinstance(parts[0], dict) else parts
    return value


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for step, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(part, (*path, step))
    else:
        yield path
