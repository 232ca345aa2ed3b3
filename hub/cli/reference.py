"""Writes the reference pages from the code itself: `python -m hub.cli.reference docs/reference`.

A test compares the pages with what this module would write, so that they cannot rot.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from hub.alerts.conditions import CONDITIONS
from hub.api.app import create_app
from hub.cli.app import app
from hub.cli.attribute_reference import attributes_page
from hub.exchange.signing_keys import create_signing_key
from hub.mapping import code_rules, lint
from hub.mapping.rule import Rule
from hub.quality.rules import RULES
from hub.settings import AlertSettings, FeedSettings, RegisterSettings, Settings
from hub.trust.keys import KeyRing

WRITTEN = "This page is written by `python -m hub.cli.reference docs/reference`.\n"


def settings_page() -> str:
    """Returns every setting with its default."""
    parts = [
        "# Settings",
        "",
        "The environment wins over `hub.env` in the folder `HUB_VAR_DIR` (default: `var/` beside the code). Secrets",
        "never stand in a setting: it holds a reference, `file:…` (mode 0600), `env:…` or `command:…`.",
        "",
        WRITTEN,
        *_fields("HUB_", Settings),
        "## Each register",
        "",
        "`<NAME>` is the register's name, such as `POPULATION`.",
        "",
        *_fields("HUB_REGISTERS__<NAME>__", RegisterSettings),
        "## Each feed",
        "",
        "`<NAME>` is the feed's name with its dot written as underscore, such as `POPULATION_CITIZENS`.",
        "",
        *_fields("HUB_FEEDS__<NAME>__", FeedSettings),
        "## Alerts",
        "",
        *_fields("HUB_ALERTS__", AlertSettings),
    ]
    return "\n".join(parts).rstrip() + "\n"


def rules_page() -> str:
    """Returns every rule, in both languages."""
    rows = [
        f"| `{rule.id}` | {rule.stage.value} | {rule.severity.value} | {rule.group.value} "
        f"| **{rule.vi.what}** {rule.vi.next} | **{rule.en.what}** {rule.en.next} | {rule.source} |"
        for rule in RULES.values()
    ]
    return "\n".join(
        [
            "# Rules",
            "",
            "Every rule that any stage of a feed may name. Each has a counter-example in the code that trips it and no",
            "other. `warn` counts a record, `quarantine` keeps it back, `stop` parks the batch for a human.",
            "",
            WRITTEN,
            "| rule | stage | severity | error group | Tiếng Việt | English | source |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *(row.replace("\n", " ") for row in rows),
            "",
        ]
    )


def lint_page() -> str:
    """Returns every lint rule with its message, which is its docstring."""
    parts = [
        "# Lint rules",
        "",
        "What `hub mapping lint` and `hub codes check` demand of the files under `mappings/`. A message names file and",
        "line; ‹words› stand for what is found. What blocks keeps a file from being used at all; the rest keeps it",
        "from being merged, and a code list from being imported.",
        "",
        WRITTEN,
    ]
    for title, rules in (("Mappings", lint.RULES), ("Code lists", code_rules.RULES)):
        parts += [f"## {title}", "", "| rule | blocks | message |", "| --- | --- | --- |"]
        parts += [f"| `{rule.id}` | {'yes' if rule.blocks else 'no'} | {_message(rule)} |" for rule in rules]
        parts.append("")
    return "\n".join(parts)


def commands_page() -> str:
    """Returns every command with its help."""
    command = typer.main.get_command(app)
    parts = ["# Commands", "", "Every command has `--help` with an example.", "", WRITTEN]
    for path, each in _commands("hub", command):
        parts += [f"## `{path}`", "", *(line.rstrip() for line in (each.help or "").strip().splitlines()), ""]
        rows = [_parameter(parameter) for parameter in each.params if parameter.name != "help"]
        if rows:
            parts += ["| parameter | meaning |", "| --- | --- |", *rows, ""]
    return "\n".join(parts).rstrip() + "\n"


def routes_page() -> str:
    """Returns every route of the lookup API with the statuses that it may answer."""
    with TemporaryDirectory() as folder:
        KeyRing.create(Path(folder) / "keys")
        create_signing_key(Path(folder) / "keys")
        document: dict[str, Any] = create_app(Settings(_env_file=None, var_dir=Path(folder))).openapi()
    parts = [
        "# Routes of the lookup API",
        "",
        "The running API serves its own OpenAPI document with examples.",
        "",
        WRITTEN,
    ]
    parts += ["| route | what it does | answers |", "| --- | --- | --- |"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts.append(
                f"| `{method.upper()} {path}` | {operation.get('summary', '')} | {', '.join(operation['responses'])} |"
            )
    return "\n".join(parts) + "\n"


def alerts_page() -> str:
    """Returns every condition that raises an alert, in both languages."""
    rows = [
        f"| `{each.id}` | {each.severity} | **{_plain(each.vi.what)}** {_plain(each.vi.do)} "
        f"| **{_plain(each.en.what)}** {_plain(each.en.do)} |"
        for each in CONDITIONS.values()
    ]
    return "\n".join(
        [
            "# Alerts",
            "",
            "Every condition that raises an alert. ‹words› stand for what is found: names of registers and feeds,",
            "counts and ids, never a value of a record. What to do at night stands in [operate.md](../operate.md).",
            "",
            WRITTEN,
            "| condition | severity | Tiếng Việt | English |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


PAGES = {
    "alerts.md": alerts_page,
    "settings.md": settings_page,
    "rules.md": rules_page,
    "lint.md": lint_page,
    "commands.md": commands_page,
    "routes.md": routes_page,
    "attributes.md": attributes_page,
}


def _message(rule: type[Rule]) -> str:
    return _plain(rule.words().replace("{hint}", "").replace("|", "\\|"))


def _plain(words: str) -> str:
    return re.sub(r"\{(\w+)\}", r"‹\1›", words)


def _fields(prefix: str, model: type[BaseModel]) -> Iterator[str]:
    yield "| setting | default | meaning |"
    yield "| --- | --- | --- |"
    for name, field in model.model_fields.items():
        default = (
            "" if field.default in (None, PydanticUndefined) else f"`{getattr(field.default, 'value', field.default)}`"
        )
        if isinstance(field.default, Path):
            default = "`var/`"
        yield f"| `{prefix}{name.upper()}` | {default} | {field.description or ''} |"
    yield ""


def _default(value: Any) -> str:
    if value is None or value is PydanticUndefined:
        return ""
    # The folder is wherever the code lies.
    return "`var/`" if isinstance(value, Path) else f"`{getattr(value, 'value', value)}`"


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for name, inner in sorted(command.commands.items()):
            yield from _commands(f"{path} {name}", inner)
    elif not command.hidden:
        yield path, command


def _parameter(parameter: Any) -> str:
    if parameter.param_type_name == "option":
        return f"| `{', '.join(parameter.opts)}` | {(parameter.help or '').replace(chr(10), ' ')} |"
    return f"| `{(parameter.name or '').upper()}` | {getattr(parameter, 'help', None) or ''} |"


def main() -> None:
    """Writes all pages into the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
