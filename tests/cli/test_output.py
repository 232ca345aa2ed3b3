"""What is printed is only text: data can't style, break or erase a terminal's lines."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import psycopg
import pytest
import stamina
import structlog
from asyncpg import exceptions as asyncpg_errors
from sqlalchemy.exc import DBAPIError

import connectors.base  # noqa: F401  it says what is logged of a retry
from connectors.errors import Unavailable
from hub.cli import failures
from hub.cli.connectors import _fetch
from hub.cli.terminal import PlainConsole, console, print_json, print_table, progress
from hub.cli.visible import Errors
from hub.settings import ROOT, RegisterSettings, Settings
from hub.store.secret_sources import StoreSecrets
from tests.cli.test_commands import hub

HOSTILE = "[/x] [red]an[/red] :smile: \x1b[31mred\x1b]0;title\x07 \x9b2J \u202e end"
SHOWN = "[/x] [red]an[/red] :smile: �[31mred�]0;title� �2J � end"


def printed(*rows: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        print_table(HOSTILE, ("column [/x]",), [(row,) for row in rows], empty=HOSTILE)
    return out.getvalue()


def test_a_table_shows_data_as_it_is() -> None:
    """Markup and emoji codes in a cell, a title or an empty table's sentence are shown as written, controls as �."""
    assert "[red]an[/red]" in printed("a")  # the title, folded to the width of the table
    assert SHOWN in printed(HOSTILE)
    assert SHOWN in printed()


def test_columns_are_as_wide_as_what_is_shown() -> None:
    """A control character does not shift the border of its row."""
    lines = [line for line in printed("plain", "\x1b\x9b\x9b").splitlines() if line.startswith(("│", "┃"))]

    assert len({len(line) for line in lines}) == 1


def test_a_colour_terminal_gets_no_foreign_escape(capsys: pytest.CaptureFixture[str]) -> None:
    """Even where styles are written as escapes, those of the data are not."""
    out = PlainConsole(width=200)
    out.print(HOSTILE)

    assert capsys.readouterr().out == SHOWN + "\n"
    assert isinstance(console(), PlainConsole)


def test_json_keeps_every_character() -> None:
    """A program reads back what was there, though no control character is written."""
    out = io.StringIO()
    with redirect_stdout(out):
        print_json({"name": HOSTILE})

    assert json.loads(out.getvalue()) == {"name": HOSTILE}
    assert not set(out.getvalue()) & set("\x1b\x9b\x07\u202e")


@pytest.mark.parametrize("name", ["[/x]", "\x1b[31m[red]"])
def test_a_hostile_argument_is_named_in_a_sentence(name: str) -> None:
    """A feed that looks like markup is unknown, and nothing else."""
    done = hub("run", name, HUB_ENVIRONMENT="sandbox")

    assert done.returncode == 1
    assert "MarkupError" not in done.stderr
    assert "\x1b" not in done.stderr


def raised(action: object) -> BaseException:
    try:
        action()  # type: ignore[operator]
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_pythons_own_errors_are_not_quoted() -> None:
    """What `int` says about a value is not shown, though the call stands in our file: it quotes the value."""
    from schemas.partial_date import PartialDate

    told = failures.sentence(raised(lambda: PartialDate.parse("Nguyễn Văn An")))

    assert "Nguyễn" not in told
    assert "builtins.ValueError at schemas/partial_date.py:" in told


def test_our_own_errors_are_told() -> None:
    """An error class of ours carries words of ours."""
    error = Unavailable("population", "citizen", "timeout")

    assert failures.sentence(error) == str(error)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (psycopg.errors.DiskFull("could not extend: Nguyễn"), "no room left"),
        (asyncpg_errors.DiskFullError("Nguyễn"), "no room left"),
        (DBAPIError("insert Nguyễn", None, psycopg.errors.DiskFull("Nguyễn")), "no room left"),
        (psycopg.OperationalError("server closed: Nguyễn"), "broke the connection"),
        (asyncpg_errors.ConnectionDoesNotExistError("Nguyễn"), "broke the connection"),
        (psycopg.errors.UndefinedTable("Nguyễn"), "hub db upgrade"),
        (psycopg.errors.UniqueViolation("DETAIL: Key (name)=(Nguyễn)"), "unforeseen psycopg.errors.UniqueViolation"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_database_says_is_never_quoted(error: Exception, told: str) -> None:
    """Each kind of trouble with the database has a sentence; the server's own text may hold a row."""
    assert told in failures.sentence(error)
    assert "Nguyễn" not in failures.sentence(error)


def test_a_file_of_ours_that_is_no_python_is_named() -> None:
    """Who writes a connector learns which of its lines to mend; text that is no file of ours is never quoted."""
    ours = SyntaxError("'(' was never closed", (str(ROOT / "connectors" / "business.py"), 19, 17, "Nguyễn"))
    foreign = SyntaxError("invalid syntax: Nguyễn", ("<unknown>", 1, 1, "Nguyễn"))

    assert failures.sentence(ours) == "connectors/business.py:19: '(' was never closed: this file is no Python, mend it"
    assert "Nguyễn" not in failures.sentence(foreign)


def test_wrong_settings_lead_to_their_reference() -> None:
    """Who sets a setting wrongly is sent to the page of all settings."""
    told = failures.sentence(raised(lambda: Settings(_env_file=None, token_minutes="Nguyễn")))

    assert "token_minutes" in told
    assert "docs/reference/settings.md" in told
    assert "Nguyễn" not in told


def test_a_register_that_is_away_has_no_wsdl(tmp_path: Path) -> None:
    """A connection that fails is one sentence of ours."""
    with pytest.raises(failures.Failed, match="population did not give its WSDL"):
        _fetch("population", RegisterSettings(url="http://127.0.0.1:9/"), StoreSecrets(tmp_path))


@pytest.mark.parametrize(
    "arguments",
    [
        ["100050000017"],
        ["connector", "diff", "100050000017"],
        ["run", "population.citizens", "--since", "100500017"],
        ["mapping", "preview", "population/citizen", "--record", "/nonexistent/100050000017.json"],
    ],
    ids=" ".join,
)
def test_an_error_covers_a_persons_number(arguments: list[str]) -> None:
    """Who types a person's number where an id belongs does not find it again in an error, or in what keeps errors."""
    done = hub(*arguments)

    assert done.returncode in (1, 2)
    assert "•" * 9 in done.stderr
    assert arguments[-1] not in done.stdout + done.stderr


def test_an_error_shows_an_id_whole() -> None:
    """Digits within an id of the hub's own are no person's number."""
    out = io.StringIO()
    Errors(out).write("batch 0f3a6f0e-1d2c-4f5a-9b8c-100050000017 of G16.01-261122-0007, 24 characters")

    assert out.getvalue() == "batch 0f3a6f0e-1d2c-4f5a-9b8c-100050000017 of G16.01-261122-0007, 24 characters"


def test_a_register_that_is_asked_again_is_told_on_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    """What `--json` prints stays JSON when a register had to be asked twice."""
    with progress("run"):
        for attempt in stamina.retry_context(on=Unavailable, attempts=2, wait_initial=0.001):
            with attempt:
                if attempt.num == 1:
                    raise Unavailable("population", "TraCuu", "timeout")
    told = capsys.readouterr()
    structlog.reset_defaults()

    assert told.out == ""
    for part in ("register is asked again", "register=population", "operation=TraCuu", "code=timeout", "attempt=2"):
        assert part in told.err
    assert "callable" not in told.err
