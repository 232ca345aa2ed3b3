"""The reference pages say what the code says, and the README's commands and links exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.cli.app import app
from hub.cli.reference import PAGES
from hub.settings import ROOT

GUIDES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_up_to_date(name: str) -> None:
    """`python -m hub.cli.reference docs/reference` would write what is there."""
    assert PAGES[name]() == (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a guide names a file that exists."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_commands_in_guides_exist(page: Path) -> None:
    """Every `hub …` command that a guide shows is one of the command's own."""
    import typer

    known = typer.main.get_command(app)
    shown = re.findall(r"(?:^|\$ |`)(?:\.venv/bin/)?hub ([a-z][a-z -]*[a-z])", page.read_text(encoding="utf-8"), re.M)
    missing = []
    for text in shown:
        command = known
        for word in text.split():
            inner = getattr(command, "commands", None)
            if inner is None:
                break
            if word not in inner:
                missing.append(text)
                break
            command = inner[word]
    assert missing == []
