"""`POST /v1/lookup`: what is known about a person for a procedure, from stored data."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import UTC, datetime

from hub.api.examples import LOOKUP_ANSWER, LOOKUP_REQUEST
from hub.api.models import LookupAnswer, LookupRequest
from hub.api.parsing import parse
from hub.api.serving import Call, Operation, Reply
from hub.api.synthetic import check_environment
from hub.exchange.lookup import assemble, check_dossier
from hub.exchange.match import Claim
from hub.exchange.policy import require_officer
from hub.exchange.query import REGISTER, Found
from hub.exchange.refusals import Unready

_STORE_SECONDS = 3.0


async def lookup(call: Call) -> Reply:
    """Answers which attributes of a person the hub can put into the procedure's form, each with its provenance.

    The least of three sets is released: what the procedure needs, what the consumer is granted, what the call asks for.
    No match, an ambiguous old number and a differing name or birth date are one and the same answer: `no_match`.
    """
    request = parse(LookupRequest, call.body)
    subject = request.subject
    check_environment(call.services.settings, subject.personal_id, subject.former_id)
    entry, consumer, now = call.entry, call.caller, datetime.now(UTC)
    entry.dossier, entry.procedure = request.dossier, request.procedure
    permit = call.policy.permit(consumer, request.procedure, request.attributes, now)
    entry.legal_basis = permit.legal_basis
    require_officer(consumer, request.officer)
    entry.officer = request.officer
    claim = Claim(subject.personal_id, subject.former_id, subject.name, subject.birth_date)
    seconds = _STORE_SECONDS if request.deadline_ms is None else min(_STORE_SECONDS, request.deadline_ms / 1000)
    async with asyncio.timeout(seconds) as deadline, call.services.guesses.turn(consumer.consumer_id, request.dossier):
        found = await _find(call, consumer.consumer_id, request.dossier, claim)
        if found.dossier is not None:
            entry.subject_id = found.dossier.subject_id
        check_dossier(found, claim, request.procedure)
        answer = assemble(permit, claim, found, request.max_age, now)
        if answer.guessed:
            # Beyond the caller's deadline: a guess that is short of time must be counted all the same.
            deadline.reschedule(asyncio.get_running_loop().time() + _STORE_SECONDS)
            await _count(call, request.dossier, claim, found)
    entry.code = answer.reason
    entry.attributes = answer.released
    entry.sources = [REGISTER] if answer.released else []
    return call.reply(
        {
            "exchange": str(entry.exchange_id),
            "request_digest": f"sha-256=:{base64.b64encode(hashlib.sha256(call.body).digest()).decode()}:",
            "outcome": answer.outcome,
            "match": None if answer.match is None else {"name": answer.match},
            "attributes": answer.attributes,
            "alerts": answer.alerts,
        },
        answer.outcome,
    )


async def _count(call: Call, dossier: str, claim: Claim, found: Found) -> None:
    services, counted = call.services, () if found.dossier is None else found.dossier.mismatches
    await services.finder.find_no_more(found)
    await services.guesses.count(services.ring.current, call.caller.consumer_id, dossier, counted, claim)


async def _find(call: Call, consumer_id: str, dossier: str, claim: Claim) -> Found:
    ring, finder = call.services.ring, call.services.finder
    try:
        return await finder.find(ring.current, consumer_id, dossier, claim)
    except Unready:
        # The record may stand under a master key that is newer than this process.
        if not ring.reload_soon():
            raise
        return await finder.find(ring.current, consumer_id, dossier, claim)


OPERATION = Operation(
    path="/v1/lookup",
    method="POST",
    kind="lookup",
    handler=lookup,
    summary="Look up what is known for a form",
    answer=LookupAnswer,
    example=LOOKUP_ANSWER,
    request=LookupRequest,
    request_example=LOOKUP_REQUEST,
    codes=(
        "body.not_json",
        "body.invalid",
        "procedure.unknown",
        "grant.missing",
        "attributes.beyond_procedure",
        "officer.unknown",
        "dossier.unregistered",
        "dossier.closed",
        "dossier.locked",
        "dossier.other_procedure",
        "dossier.other_subject",
        "hub.record_unreadable",
    ),
)
