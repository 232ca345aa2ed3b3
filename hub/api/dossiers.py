"""`POST /v1/dossiers` and `POST /v1/dossiers/close`: the open application that every lookup stands for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hub.api.models import CloseRequest, DossierAnswer, DossierRequest
from hub.api.parsing import parse
from hub.api.serving import Call, Operation, Reply
from hub.api.synthetic import check_environment
from hub.exchange.dossiers import close_dossier, register_dossier
from hub.exchange.entries import LogEntry
from hub.exchange.policy import require_officer

_EXAMPLE = {
    "exchange": "0199a3f2-7c00-7aaa-8000-00000000000a",
    "dossier": "G16.01-261122-0007",
    "procedure": "1.005160",
    "status": "open",
}


async def register(call: Call) -> Reply:
    """Registers an open dossier of one procedure about a person, an enterprise, or both.

    201 when it is new, 200 when the same one stood already. Only the numbers are kept, and not readably.
    """
    request = parse(DossierRequest, call.body)
    personal_id = None if request.subject is None else request.subject.personal_id
    enterprise_code = None if request.enterprise is None else request.enterprise.enterprise_code
    numbers = {"subject.personal_id": personal_id, "enterprise.enterprise_code": enterprise_code}
    check_environment(call.services.settings, numbers)
    entry, consumer = call.entry, call.caller
    entry.dossier, entry.procedure = request.dossier, request.procedure
    grant = call.policy.granted(consumer, request.procedure, datetime.now(UTC))
    entry.legal_basis = grant.legal_basis
    require_officer(consumer, request.officer)
    entry.officer = request.officer

    async def work(connection: Any) -> tuple[LogEntry, Reply]:
        made = await register_dossier(
            connection,
            call.services.ring.current,
            entry,
            consumer_id=consumer.consumer_id,
            dossier=request.dossier,
            procedure=request.procedure,
            personal_id=personal_id,
            enterprise_code=enterprise_code,
        )
        return entry, _reply(call, request.dossier, made.procedure, "open", made.created)

    return await call.services.log.commit(work)


async def close(call: Call) -> Reply:
    """Closes a dossier: nothing is looked up for it any more. Closing it again changes nothing."""
    request = parse(CloseRequest, call.body)
    entry, consumer = call.entry, call.caller
    entry.dossier = request.dossier
    require_officer(consumer, request.officer)
    entry.officer = request.officer

    async def work(connection: Any) -> tuple[LogEntry, Reply]:
        closed = await close_dossier(connection, consumer_id=consumer.consumer_id, dossier=request.dossier)
        entry.procedure = closed.procedure
        entry.subject_id, entry.organisation_id = closed.subject_id, closed.organisation_id
        return entry, _reply(call, request.dossier, closed.procedure, "closed", False)

    return await call.services.log.commit(work)


def _reply(call: Call, dossier: str, procedure: str, status: str, created: bool) -> Reply:
    document = {
        "exchange": str(call.entry.exchange_id),
        "dossier": dossier,
        "procedure": procedure,
        "status": status,
    }
    outcome = "registered" if created else "unchanged" if status == "open" else "closed"
    reply = call.reply(document, outcome, 201 if created else 200)
    reply.logged = True
    return reply


REGISTER = Operation(
    path="/v1/dossiers",
    method="POST",
    kind="dossier",
    handler=register,
    summary="Register a dossier",
    answer=DossierAnswer,
    example=_EXAMPLE,
    request=DossierRequest,
    request_example={
        "dossier": "G16.01-261122-0007",
        "procedure": "1.005160",
        "subject": {"personal_id": "100050000017"},
        "enterprise": {"enterprise_code": "0100233488"},
        "officer": "CB-00123",
    },
    codes=(
        "body.not_json",
        "body.invalid",
        "procedure.unknown",
        "grant.missing",
        "officer.unknown",
        "dossier.conflict",
        "dossier.closed",
        "hub.keys_outdated",
    ),
    success=(201, 200),
)

CLOSE = Operation(
    path="/v1/dossiers/close",
    method="POST",
    kind="dossier",
    handler=close,
    summary="Close a dossier",
    answer=DossierAnswer,
    example=_EXAMPLE | {"status": "closed"},
    request=CloseRequest,
    request_example={"dossier": "G16.01-261122-0007", "officer": "CB-00123"},
    codes=("body.not_json", "body.invalid", "officer.unknown", "dossier.unregistered"),
)
