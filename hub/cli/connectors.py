"""Commands about connectors: is one complete, does it keep the rules, what does its register answer."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.failures import Failed
from hub.cli.feeds import instant
from hub.cli.terminal import AsJson, console, print_json, print_table, progress

if TYPE_CHECKING:
    from connectors.base import Connector
    from connectors.ports import Secrets
    from hub.settings import RegisterSettings

app = typer.Typer(help="Connectors: check, test, read, diff.", no_args_is_help=True)
Register = Annotated[str, typer.Argument(help="The register, such as population.")]

UNFINISHED = "nothing_is_left_to_fill_in"
"""The rule that says in one what the list of things to fill in says one by one."""

_MAX_BYTES = 8 * 1024 * 1024
_SECONDS = 30.0


@app.command("check", epilog="Example: hub connector check library")
def check(register: Register, as_json: AsJson = False) -> None:
    """Says what of a register is there and what is missing, without asking the register; exits 1 when something is."""
    from dataclasses import asdict

    from hub.scaffold.inspection import inspect_register
    from hub.settings import get_settings

    found = inspect_register(_connector(register), get_settings())
    if as_json:
        print_json([asdict(part) for part in found])
    else:
        rows = [(part.name, "there" if part.ok else "missing", part.said) for part in found]
        print_table(register, ("part", "", "what was found, or what to do"), rows, empty="")
    if missing := [part for part in found if not part.ok]:
        raise Failed(f"{len(missing)} of {len(found)} parts of {register} are missing; the first: {missing[0].said}")


@app.command("test", epilog="Example: hub connector test library")
def test(register: Register, as_json: AsJson = False) -> None:
    """Runs the conformance suite on a connector, against its twin, and lists what to do next, in order.

    Exits 1 when a rule is broken or something waits to be filled in.
    """
    from hub.scaffold.conformance import conformance_of
    from hub.scaffold.todos import open_todos

    connector = _connector(register)
    with progress(f"conformance of {register}") as say:
        # What is unfinished is listed by itself, with its places, and is no broken rule.
        verdicts = [each for each in conformance_of(connector, say) if each.check != UNFINISHED]
    todos = open_todos(connector)
    counts = {
        state: sum(each.state == state for each in verdicts) for state in ("passed", "failed", "lacking", "waived")
    }
    failed = [each for each in verdicts if each.state == "failed"]
    steps = [str(todo) for todo in todos] + [f"rule {each.check} is broken: {each.why}" for each in failed]
    if as_json:
        print_json({"register": register, "rules": counts, "next": steps})
    else:
        told = f"{counts['passed']} rules kept, {counts['failed']} broken, {counts['lacking']} do not apply"
        console().print(f"{register}: {told}" + f", {counts['waived']} waived" * bool(counts["waived"]))
        if steps:
            console().print("to do next, in this order:")
        for number, step in enumerate(steps, 1):
            console().print(f"{number:3}. {step}", soft_wrap=True)
    if steps:
        raise Failed(f"{len(todos)} things of {register} are to be filled in, and {len(failed)} rules are broken")


@app.command("read", epilog="Example: hub connector read library --feed cards --since 2026-11-01")
def read(
    register: Register,
    feed: Annotated[str | None, typer.Option(help="The feed; empty: the only one.")] = None,
    since: Annotated[str | None, typer.Option(help="From when on; empty: a day before the end.")] = None,
    until: Annotated[str | None, typer.Option(help="Until when; empty: one settle lag ago.")] = None,
    records: Annotated[int, typer.Option(min=1, max=1000, help="How many records to look at.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Reads a page of a feed from the register and says what became of each record; shows no value, stores nothing."""
    from dataclasses import asdict

    from hub.pipeline.context import Context
    from hub.pipeline.trial import read_page

    name = f"{register}.{_feed(register, feed)}"
    with progress(f"reading {name}") as say:
        found = read_page(name, Context.from_environment(say), instant(since), instant(until), records)
    if as_json:
        print_json(asdict(found))
        return
    console().print(
        f"{name}: {found.read} records from {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC"
    )
    console().print(f"{found.mapped} of them map")
    rows = [(each.rule, each.field, each.records, each.next) for each in found.refused]
    print_table("the others", ("refused by", "field", "records", "what to do"), rows, empty="none is refused")
    filled = [(field, count) for field, count in found.filled.items()]
    print_table("fields of what came", ("field", "records that have it"), filled, empty="no record came")


@app.command("diff", epilog="Example: hub connector diff population")
def diff(register: Register, as_json: AsJson = False) -> None:
    """Compares the WSDL that a register serves with the pinned one; exits 1 when they differ."""
    from connectors.soap import PinBroken, Soap
    from hub.settings import get_settings
    from hub.store.secret_sources import StoreSecrets

    service = _connector(register).service
    if not isinstance(service, Soap):
        raise Failed(
            f"{register} is not asked by SOAP, so it has no WSDL to compare; `hub connector read {register}` holds what"
            " it answers against the wire model"
        )
    settings = get_settings()
    config = settings.registers.get(register)
    if config is None:
        raise Failed(f"register {register} is not configured: set HUB_REGISTERS__{register.upper()}__URL")
    with progress(f"reading the WSDL of {register}"):
        live = _fetch(register, config, StoreSecrets(settings.var_dir))
    try:
        changes = service.diff(live)
    except PinBroken:
        raise Failed(f"{service.path} is not what its .sha256 says: restore the reviewed one") from None
    except ValueError:
        raise Failed(f"what {register} answers at ?wsdl is no WSDL 1.1: look at the gateway in between") from None
    if as_json:
        print_json({"register": register, "changes": changes})
    else:
        for change in changes:
            console().print(change)
    if changes:
        raise Failed(f"{len(changes)} changes since the pinned WSDL: review them, then pin the new one")
    if not as_json:
        console().print(f"{register}: the live WSDL says what the pinned one says")


def _connector(register: str) -> type[Connector]:
    from connectors import registry

    known = registry()
    if register not in known:
        raise Failed(
            f"no register {register!r}; known are: {', '.join(sorted(known))}; `hub new connector {register}"
            " --protocol …` begins one"
        )
    return known[register]


def _feed(register: str, feed: str | None) -> str:
    feeds = sorted(_connector(register).feeds)
    if feed is None and len(feeds) == 1:
        return feeds[0]
    if feed is None or feed not in feeds:
        raise Failed(f"{register} has no such feed: name one of {', '.join(feeds) or 'none'} by --feed")
    return feed


def _fetch(register: str, config: RegisterSettings, secrets: Secrets) -> bytes:
    """Reads a document of bounded size; no account is needed for a WSDL, so none is sent but the certificate."""
    import httpx

    from connectors.errors import Denied
    from connectors.tls import context_of, material_of
    from connectors.tls_problems import tls_problem

    verify = context_of(register, asyncio.run(material_of(register, config, secrets)))
    body = bytearray()
    try:
        with (
            httpx.Client(verify=verify, timeout=_SECONDS, trust_env=False) as client,
            client.stream("GET", f"{config.url}?wsdl") as response,
        ):
            if response.status_code != 200:
                raise Failed(f"{register} answers HTTP {response.status_code} at ?wsdl: check the address in settings")
            for part in response.iter_bytes(65536):
                body += part
                if len(body) > _MAX_BYTES:
                    raise Failed(f"what {register} answers at ?wsdl is larger than {_MAX_BYTES >> 20} MB: no WSDL is")
    except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL, ssl.SSLError) as error:
        if problem := tls_problem(error):
            raise Denied(register, "wsdl", problem) from None
        raise Failed(
            f"{register} did not give its WSDL ({type(error).__name__}): check the address, the network and `ca_file`"
        ) from None
    return bytes(body)
