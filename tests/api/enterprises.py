"""A dossier about a person and an enterprise: what the tests of both share."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg

from hub.exchange import consumers
from hub.mapping.procedures import load_procedure
from tests.api.conftest import CONSUMER, NAME, OFFICER, PERSONAL_ID, Client, until

COPYRIGHT, FOUNDING = "1.005160", "2.001610"
DOSSIER = "G16.01-261122-0050"
CODE, OTHER_CODE, NOBODYS_CODE = "0314409058", "0100233488", "0306182043"
FIRM = "Công ty TNHH Cầu Vồng"
PERSON = {"personal_id": PERSONAL_ID, "name": NAME, "birth_date": "1950"}
ENTERPRISE = {"enterprise_code": CODE, "name": FIRM}


def firm(code: str = CODE, **changes: Any) -> dict[str, Any]:
    """Makes a canonical record of an enterprise that the usual person represents and owns."""
    record: dict[str, Any] = {
        "code": code,
        "kind": "one_member_llc",
        "status": "active",
        "name.full": FIRM,
        "name.raw": FIRM,
        "founded_on": "2021-03-05",
        "capital": "1500000000",
        "office.province": "01",
        "office.commune": "00004",
        "office.detail": "Số 5, phố Thử Nghiệm",
        "activities": [{"code": "7912", "name": "Điều hành tua du lịch", "main": "yes"}],
        "members": [{"name": NAME, "personal_id": PERSONAL_ID, "ratio": "100", "country": "VN"}],
        "representatives": [{"name": NAME, "personal_id": PERSONAL_ID, "position": "Giám đốc"}],
    }
    record.update(changes)
    return {key: value for key, value in record.items() if value is not None}


async def grant(client: Client, owner: psycopg.Connection[Any], procedure: str, *attributes: str) -> None:
    """Grants a procedure, all that it needs when nothing is named, and waits until the API knows."""
    wanted = attributes or load_procedure(procedure).attributes
    consumers.grant(
        owner, consumer_id=CONSUMER, procedure=procedure, attributes=wanted, legal_basis="Law 91/2025", by="root"
    )

    async def known() -> bool:
        return (await client.http.get(f"/v1/procedures/{procedure}", headers=client.headers)).status_code == 200

    await until(known)


async def register(client: Client, **changes: Any) -> httpx.Response:
    """Registers the usual dossier about both; a change to None leaves a part out."""
    body: dict[str, Any] = {
        "dossier": DOSSIER,
        "procedure": COPYRIGHT,
        "officer": OFFICER,
        "subject": {"personal_id": PERSONAL_ID},
        "enterprise": {"enterprise_code": CODE},
    }
    return await client.post("/v1/dossiers", _without_none(body | changes))


async def ask(client: Client, **changes: Any) -> httpx.Response:
    """Asks for the usual dossier about both."""
    body: dict[str, Any] = {
        "dossier": DOSSIER,
        "procedure": COPYRIGHT,
        "officer": OFFICER,
        "subject": PERSON,
        "enterprise": ENTERPRISE,
    }
    return await client.post("/v1/lookup", _without_none(body | changes))


def told(answer: httpx.Response) -> dict[str, Any]:
    """Returns an answer without what differs from call to call."""
    return {name: part for name, part in answer.json().items() if name not in ("exchange", "request_digest")}


def _without_none(body: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in body.items() if part is not None}
