"""Looks at everything that a connected register consists of, without asking the register."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.base import Connector
from hub.mapping import lint_all
from hub.pipeline.feeds import feed_names, find_feed
from hub.scaffold.todos import open_todos
from hub.settings import ROOT, AlertSettings, Settings
from hub.store.secret_inventory import inventory
from schemas.canonical import kinds


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a register: whether it is there, and what was found or is to be done."""

    name: str
    ok: bool
    said: str


def inspect_register(connector: type[Connector], settings: Settings) -> list[Part]:
    """Looks at every part of a connector's register, in the order in which they are made."""
    return [*_files(connector), *_feeds(connector), *_settings(connector, settings), _unfinished(connector)]


def _files(connector: type[Connector]) -> Iterator[Part]:
    name = connector.system
    yield Part("connector", True, _shown(inspect.getfile(connector)))
    for what, path in (
        ("page", f"docs/registers/{name}.md"),
        ("conformance case", f"tests/conformance/cases/{name}.py"),
    ):
        there = (ROOT / path).is_file()
        yield Part(what, there, path if there else f"write {path}")


def _feeds(connector: type[Connector]) -> Iterator[Part]:
    for stream in connector.feeds:
        name = f"{connector.system}.{stream}"
        if name not in feed_names():
            yield Part(
                f"feed {name}", False, f"no mapping that can be used says `feed: {name}`: run `hub mapping lint`"
            )
            continue
        feed = find_feed(name)
        problems = [each for each in lint_all() if each.file.startswith(f"{feed.register}/")]
        said = f"mappings/{feed.mapping}.yaml, to records of kind {feed.kind}"
        yield Part(f"feed {name}", not problems, str(problems[0]) if problems else said)
        kind = kinds()[feed.kind]
        known = feed.register in kind.sources
        yield Part(
            f"kind {kind.name}",
            known,
            f"{len(kind.attributes)} attributes below {kind.prefix}."
            if known
            else f"add {feed.register!r} to its sources",
        )
        scheduled = [file for file in sorted((ROOT / "dags").glob("*.py")) if f'"{name}"' in file.read_text("utf-8")]
        said = _shown(scheduled[0]) if scheduled else f"write dags/{feed.register}_sync.py as the others are"
        yield Part(f"DAG of {name}", bool(scheduled), said)


def _settings(connector: type[Connector], settings: Settings) -> Iterator[Part]:
    name = connector.system
    config = settings.registers.get(name)
    if config is None:
        yield Part(
            "settings",
            False,
            f"set HUB_REGISTERS__{name.upper()}__URL and the rest; docs/registers/{name}.md shows them",
        )
        return
    yield Part("settings", True, f"HUB_REGISTERS__{name.upper()}__…")
    # Of this register alone: to look at others' secrets would run their commands.
    own = settings.model_copy(update={"registers": {name: config}, "alerts": AlertSettings()})
    for secret in asyncio.run(inventory(own)):
        field = secret.setting.removeprefix(f"registers.{name}.")
        yield Part(f"secret {field}", secret.problem is None, secret.problem or "can be read")


def _unfinished(connector: type[Connector]) -> Part:
    todos = open_todos(connector)
    said = f"{len(todos)} things wait, the first: {todos[0]}" if todos else "nothing waits to be filled in"
    return Part("everything filled in", not todos, said)


def _shown(path: str | Path) -> str:
    path = Path(path)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
