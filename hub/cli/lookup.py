"""The command that asks the lookup API as a dossier system would."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.failures import Failed
from hub.cli.terminal import AsJson, print_json, print_table, read_object


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    example = (
        "hub lookup --consumer portal-g16 --key portal.jwk --procedure 1.004623 --dossier G16.01-… --officer CB-00123"
    )
    app.command("lookup", epilog=f"Example: {example} --subject claim.json")(lookup)


def lookup(
    consumer: Annotated[str, typer.Option(help="The consumer's id.")],
    key: Annotated[Path, typer.Option(help="Its private key as a JWK, readable by you alone.")],
    procedure: Annotated[str, typer.Option(help="The procedure's code, such as 1.004623.")],
    dossier: Annotated[str, typer.Option(help="The dossier's code.")],
    officer: Annotated[str, typer.Option(help="The official on whose behalf it asks.")],
    subject: Annotated[
        Path | None,
        typer.Option(help="Which person: a file with personal_id, name and birth_date as JSON; `-`: standard input."),
    ] = None,
    enterprise: Annotated[
        Path | None, typer.Option(help="Which enterprise: a file with enterprise_code and name as JSON.")
    ] = None,
    open_dossier: Annotated[bool, typer.Option("--open-dossier", help="Register the dossier first.")] = False,
    language: Annotated[str, typer.Option(help="Language of refusals: vi or en.")] = "vi",
    as_json: AsJson = False,
) -> None:
    """Asks the API what is known for a form, with token, dossier and officer; exits 1 on a refusal.

    Person and enterprise are read from files, never from the command line, where every user of the machine could see
    them. At least one of the two is needed.
    """
    import httpx

    from hub.exchange.tokens import ASSERTION_TYPE, make_assertion
    from hub.settings import get_settings

    if stat.S_IMODE(key.stat().st_mode) & 0o077:
        raise Failed(f"{key} is readable by others: chmod 600 {key}")
    if subject is None and enterprise is None:
        raise Failed("say who it is about: --subject, --enterprise, or both")
    url = get_settings().api_url
    body: dict[str, Any] = {"procedure": procedure, "dossier": dossier, "officer": officer}
    body |= {name: read_object(file) for name, file in (("subject", subject), ("enterprise", enterprise)) if file}
    with httpx.Client(base_url=url, timeout=30, headers={"Accept-Language": language}, trust_env=False) as client:
        try:
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": make_assertion(read_object(key), consumer_id=consumer, audience=url),
            }
            token = _answer(client.post("/oauth/token", data=form))["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            if open_dossier:
                _answer(client.post("/v1/dossiers", json=body))
            answer = _answer(client.post("/v1/lookup", json=body))
        except httpx.TransportError:
            raise Failed(f"the lookup API does not answer at {url}: run `hub up`, or set HUB_API_URL") from None
    if as_json:
        print_json(answer)
        return
    rows = [
        (name, each["status"], each.get("value"), each.get("source"), each.get("updated_at"))
        for name, each in answer["attributes"].items()
    ]
    columns = ("attribute", "status", "value", "source", "updated at")
    alerts = "".join(f", {alert}" for alert in answer["alerts"])
    print_table(f"{answer['outcome']}{alerts}, exchange {answer['exchange']}", columns, rows, empty="nothing")


def _answer(response: Any) -> dict[str, Any]:
    """Returns the body of a good answer.

    Raises:
        Failed: the API refused; says its code and detail, and which parts of the request are wrong and why.
    """
    if response.is_success:
        body: dict[str, Any] = response.json()
        return body
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    what = problem.get("code") or problem.get("error") or response.status_code
    wrong = "".join(f"\n  {each['name']}: {each['reason']}" for each in problem.get("invalid_params") or ())
    raise Failed(f"{what}: {problem.get('detail') or problem.get('error_description') or 'refused'}{wrong}")
