"""What commands print: a table for people, JSON for programs, and progress on the error stream."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from hub.cli.failures import Failed
from hub.cli.visible import visible, visible_json

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
By = Annotated[str, typer.Option("--by", envvar="HUB_STEWARD", help="Who decides: your officer code or name.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record; no name or number of a person.")]

QUIET_SECONDS = 2.0


class PlainConsole(Console):
    """A console to which text is only text: no markup in it, no emoji, no control character.

    What is printed may come from a register or a consumer. Style is given by `rich.text.Text` and by nothing else.
    """

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Makes styled text of a string; Rich itself would drop some control characters without a trace."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Renders as ever, with nothing in the text that a terminal would obey."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def console() -> PlainConsole:
    """Returns a console on standard output; a file or a pipe has no width, so it gets a roomy one."""
    return PlainConsole(width=None if sys.stdout.isatty() else 160)


def print_json(value: Any) -> None:
    """Prints a value as JSON; times and ids become text."""
    sys.stdout.write(visible_json(json.dumps(value, ensure_ascii=False, default=str, indent=None)) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Prints rows under a title, or a sentence when there are none."""
    if not rows:
        console().print(empty)
        return
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Made visible here already, so that the column is as wide as what is shown.
        table.add_row(*("" if cell is None else Text(visible(str(cell))) for cell in row))
    console().print(table)


def read_object(path: Path) -> dict[str, Any]:
    """Reads one JSON object from a file, or from standard input when the path is `-`.

    Raises:
        Failed: it holds something else; what it holds is not shown.
    """
    try:
        value = json.loads(sys.stdin.read() if str(path) == "-" else path.read_text())
    except json.JSONDecodeError as error:
        raise Failed(f"{path}: not JSON (line {error.lineno}, column {error.colno})") from None
    if not isinstance(value, dict):
        raise Failed(f"{path}: must hold one JSON object")
    return value


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, int], None]]:
    """Shows what a long command is doing, and is silent about a short one; yields what the pipeline reports to."""
    import structlog

    # Whatever tries again says so in the log, whose usual place is the stream that `--json` is written to.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    errors = PlainConsole(stderr=True)
    began, told = time.monotonic(), 0.0
    with errors.status(Text(f"{title} …")) as status:

        def report(stage: str, count: int) -> None:
            nonlocal told
            now = time.monotonic() - began
            status.update(Text(f"{title}: {stage} {count or ''} ({now:.0f} s)"))
            if not errors.is_terminal and now - told > QUIET_SECONDS:
                told = now
                errors.print(f"{title}: {stage} {count or ''} ({now:.0f} s)")

        yield report
