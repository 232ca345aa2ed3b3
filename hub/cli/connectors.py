"""Commands about connectors: does a register still keep to the contract that was reviewed."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, console, print_json, progress

if TYPE_CHECKING:
    from connectors.ports import Secrets
    from hub.settings import RegisterSettings

app = typer.Typer(help="Connectors: diff.", no_args_is_help=True)
Register = Annotated[str, typer.Argument(help="The register, such as population.")]

_MAX_BYTES = 8 * 1024 * 1024
_SECONDS = 30.0


@app.callback()
def connectors() -> None:
    """Keeps `diff` a command of its own while it is the only one."""


@app.command("diff", epilog="Example: hub connector diff population")
def diff(register: Register, as_json: AsJson = False) -> None:
    """Compares the WSDL that a register serves with the pinned one; exits 1 when they differ."""
    from connectors import registry
    from connectors.soap import PinBroken, Soap
    from hub.settings import get_settings
    from hub.store.secret_sources import StoreSecrets

    known = registry()
    if register not in known:
        raise Failed(f"no register {register!r}; known are: {', '.join(sorted(known))}")
    service = known[register].service
    if not isinstance(service, Soap):
        raise Failed(f"{register} is not asked by SOAP: it has no WSDL to compare")
    settings = get_settings()
    config = settings.registers.get(register)
    if config is None:
        raise Failed(f"register {register} is not configured: set HUB_REGISTERS__{register.upper()}__URL")
    with progress(f"reading the WSDL of {register}"):
        live = _fetch(register, config, StoreSecrets(settings.var_dir))
    try:
        changes = service.diff(live)
    except PinBroken:
        raise Failed(f"{service.path} is not the file of connectors/wsdl/pins.json: restore the reviewed one") from None
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
