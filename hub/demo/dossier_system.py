"""The dossier system of the demonstration: registered like any consumer, asking like any consumer."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import httpx
import orjson

from hub.demo.errors import DemoFailed
from hub.exchange import consumers
from hub.exchange.tokens import ASSERTION_TYPE, make_assertion, new_client_key
from hub.launch.configuration import write_private
from hub.mapping.procedures import Procedure
from hub.settings import Role, Settings
from hub.store.engine import connect

CONSUMER, OFFICER, BY = "demo-portal", "CB-00123", "demo"


def enrol(settings: Settings, key_file: Path, *procedures: Procedure) -> dict[str, Any]:
    """Does what `hub consumer add`, `officer` and `grant` do; the private key stays in a 0600 file."""
    private, public = new_client_key()
    write_private(key_file, orjson.dumps(private).decode())
    with connect(settings, Role.OWNER) as conn:
        consumers.add_consumer(conn, consumer_id=CONSUMER, name="Demonstration portal", jwk=public, by=BY)
        consumers.add_officer(conn, consumer_id=CONSUMER, officer=OFFICER, by=BY)
        for procedure in procedures:
            consumers.grant(
                conn,
                consumer_id=CONSUMER,
                procedure=procedure.code,
                attributes=procedure.attributes,
                legal_basis="; ".join(procedure.spec.legal_basis),
                by=BY,
            )
    return private


class DossierSystem:
    """A consumer at the lookup API, with its own key and token."""

    def __init__(self, url: str, private: dict[str, Any]) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": make_assertion(private, consumer_id=CONSUMER, audience=url),
        }
        token = self._told(self._http.post("/oauth/token", data=form))["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def form(self, procedure: str) -> dict[str, Any]:
        """Returns what the hub can fill of a procedure's form."""
        return self._told(self._http.get(f"/v1/procedures/{procedure}"))

    def prefill(self, claims: dict[str, dict[str, str]], procedure: str, dossier: str) -> dict[str, Any]:
        """Opens a dossier about a person, an enterprise or both, and asks what is known for its form.

        `claims` holds `subject`, `enterprise` or both, as a lookup takes them.
        """
        about = {"dossier": dossier, "procedure": procedure, "officer": OFFICER}
        self._told(self._http.post("/v1/dossiers", json=about | claims))
        return self._told(self._http.post("/v1/lookup", json=about | claims))

    def _told(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.is_success:
            body: dict[str, Any] = answer.json()
            return body
        problem = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
        code = problem.get("code") or problem.get("error") or answer.status_code
        raise DemoFailed(f"the lookup API refused {answer.request.url.path}: {code}")
