"""`POST /v1/lookup`: what is known for a procedure about a person and an enterprise, from stored data."""

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
from hub.exchange.found import Found
from hub.exchange.lookup import assemble, check_dossier
from hub.exchange.match import Claim, Claims, EnterpriseClaim
from hub.exchange.needs import wanted_for
from hub.exchange.policy import Permit, require_officer
from hub.exchange.refusals import Unready

_STORE_SECONDS = 3.0


async def lookup(call: Call) -> Reply:
    """Answers which attributes of a person and of an enterprise the hub can put into the procedure's form.

    Each comes with its provenance. The least of three sets is released: what the procedure needs, what the consumer is
    granted, what the call asks for. No match, an ambiguous old number and a differing name or birth date are one and
    the same answer: `no_match`. With two claims each is judged for itself: `match` names those that agree, and nothing
    is said about the other.
    """
    request = parse(LookupRequest, call.body)
    claims = _claims(request)
    check_environment(call.services.settings, _numbers(claims))
    entry, consumer, now = call.entry, call.caller, datetime.now(UTC)
    entry.dossier, entry.procedure = request.dossier, request.procedure
    permit = call.policy.permit(consumer, request.procedure, request.attributes, now)
    entry.legal_basis = permit.legal_basis
    require_officer(consumer, request.officer)
    entry.officer = request.officer
    seconds = _STORE_SECONDS if request.deadline_ms is None else min(_STORE_SECONDS, request.deadline_ms / 1000)
    async with asyncio.timeout(seconds) as deadline, call.services.guesses.turn(consumer.consumer_id, request.dossier):
        found = await _find(call, request.dossier, claims, permit)
        if found.dossier is not None:
            entry.subject_id = found.dossier.subject_id if claims.person else None
            entry.organisation_id = found.dossier.organisation_id if claims.enterprise else None
        check_dossier(found, claims, request.procedure)
        answer = assemble(permit, claims, found, request.max_age, now)
        if answer.guesses:
            # Beyond the caller's deadline: a guess that is short of time must be counted all the same.
            deadline.reschedule(asyncio.get_running_loop().time() + _STORE_SECONDS)
            await _count(call, request.dossier, answer.guesses, found)
    entry.code = answer.reason
    entry.attributes, entry.sources = answer.released, answer.sources
    return call.reply(
        {
            "exchange": str(entry.exchange_id),
            "request_digest": f"sha-256=:{base64.b64encode(hashlib.sha256(call.body).digest()).decode()}:",
            "outcome": answer.outcome,
            "match": answer.match,
            "attributes": answer.attributes,
            "alerts": answer.alerts,
        },
        answer.outcome,
    )


def _claims(request: LookupRequest) -> Claims:
    subject, enterprise = request.subject, request.enterprise
    person = (
        None if subject is None else Claim(subject.personal_id, subject.former_id, subject.name, subject.birth_date)
    )
    return Claims(person, None if enterprise is None else EnterpriseClaim(enterprise.enterprise_code, enterprise.name))


def _numbers(claims: Claims) -> dict[str, str | None]:
    numbers: dict[str, str | None] = {}
    if claims.person:
        numbers |= {"subject.personal_id": claims.person.personal_id, "subject.former_id": claims.person.former_id}
    if claims.enterprise:
        numbers["enterprise.enterprise_code"] = claims.enterprise.enterprise_code
    return numbers


async def _count(call: Call, dossier: str, guesses: list[str], found: Found) -> None:
    services, counted = call.services, () if found.dossier is None else found.dossier.mismatches
    await services.finder.find_no_more(found)
    await services.guesses.count(services.ring.current, call.caller.consumer_id, dossier, counted, guesses)


async def _find(call: Call, dossier: str, claims: Claims, permit: Permit) -> Found:
    ring, finder, consumer_id = call.services.ring, call.services.finder, call.caller.consumer_id
    wanted = wanted_for(permit.released)
    try:
        return await finder.find(ring.current, consumer_id, dossier, claims, wanted)
    except Unready:
        # The record may stand under a master key that is newer than this process.
        if not ring.reload_soon():
            raise
        return await finder.find(ring.current, consumer_id, dossier, claims, wanted)


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
