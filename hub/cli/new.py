"""Commands that write what is new: the files of a register that is to be connected."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, console, print_json

app = typer.Typer(help="New: connector.", no_args_is_help=True)


@app.callback()
def new() -> None:
    """Keeps `connector` a command of its own while it is the only one."""


@app.command("connector", epilog="Example: hub new connector library --protocol rest --record card")
def connector(
    name: Annotated[str, typer.Argument(help="The register, one lower-case word such as library.")],
    protocol: Annotated[str, typer.Option(help="How it is asked: soap, rest, files or sql.")],
    record: Annotated[str, typer.Option(help="What one record of it is, in one word such as card.")] = "record",
    subject: Annotated[str, typer.Option(help="Whom its records are about: person or organisation.")] = "person",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the files and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Writes the files of a new register, which pass `make check`, and says what to fill in first.

    Nothing is overwritten, and when one file can't be written none is.
    """
    from hub.scaffold.register import PROTOCOLS, NewRegister
    from hub.scaffold.writing import in_the_way, render, write
    from schemas.canonical import SCHEMES

    if protocol not in PROTOCOLS:
        raise Failed(f"--protocol is one of {', '.join(PROTOCOLS)}, not {protocol!r}")
    if subject not in SCHEMES:
        raise Failed(f"--subject is one of {', '.join(SCHEMES)}, not {subject!r}")
    register = NewRegister(name, protocol, record, subject)  # type: ignore[arg-type]
    if dry_run:
        files = list(found := render(register))
        if taken := in_the_way(register, found):
            raise Failed(f"these are there already: {', '.join(taken)}; choose another name, or move them")
    else:
        files = write(register)
    if as_json:
        print_json({"register": name, "feed": register.feed, "kind": register.kind, "files": files})
        return
    out = console()
    for file in files:
        out.print(f"{'would write' if dry_run else 'wrote'} {file}")
    if not dry_run:
        out.print(f"the register {name} has one feed, {register.feed}, whose records are of kind {register.kind}")
        out.print(f"next: `hub connector test {name}` says what to fill in, in order")
