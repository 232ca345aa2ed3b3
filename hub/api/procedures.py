"""`GET /v1/procedures` and `GET /v1/procedures/{code}`: what the hub can prefill for the consumer that asks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hub.api import examples
from hub.api.models import ProcedureAnswer, ProceduresAnswer
from hub.api.serving import Call, Operation, Reply
from hub.mapping.procedures import FormField, Procedure


async def list_procedures(call: Call) -> Reply:
    """Lists the procedures that the consumer is granted, with how many fields of each form a lookup can fill."""
    now = datetime.now(UTC)
    listed = []
    for code, procedure in sorted(call.services.procedures.items()):
        grant = call.caller.grants.get(code)
        if grant is not None and grant.valid(now):
            fields = procedure.spec.form.values()
            listed.append(
                {
                    "procedure": code,
                    "version": procedure.spec.version,
                    "name": procedure.spec.name.model_dump(),
                    "fields": len(fields),
                    "prefilled": sum(_prefilled(field, grant.attributes) for field in fields),
                }
            )
    return call.reply({"exchange": str(call.entry.exchange_id), "procedures": listed}, "listed")


async def show_procedure(call: Call) -> Reply:
    """Shows every field of a procedure's form: which a lookup fills, from which register, and which must be asked."""
    code = str(call.path_params["code"])
    grant = call.policy.granted(call.caller, code, datetime.now(UTC))
    call.entry.procedure, call.entry.legal_basis = code, grant.legal_basis
    procedure = call.services.procedures[code]
    spec = procedure.spec
    document = {
        "exchange": str(call.entry.exchange_id),
        "procedure": code,
        "version": spec.version,
        "name": spec.name.model_dump(),
        "agency": spec.agency,
        "legal_basis": list(spec.legal_basis),
        "cited_form": spec.cited_form,
        "attributes": [name for name in procedure.attributes if name in grant.attributes],
        "form": {key: _field(field, procedure, grant.attributes) for key, field in spec.form.items()},
    }
    return call.reply(document, "shown")


def _prefilled(field: FormField, granted: frozenset[str]) -> bool:
    return bool(field.attributes) and all(name in granted for name in field.attributes)


def _field(field: FormField, procedure: Procedure, granted: frozenset[str]) -> dict[str, Any]:
    prefill = _prefilled(field, granted)
    answer: dict[str, Any] = {
        "label": field.label.model_dump(),
        "prefill": prefill,
        "editable": field.editable or not prefill,
    }
    if field.attribute is not None:
        answer |= {"attribute": field.attribute, "source": procedure.registers[field.attribute]}
    if field.compute is not None:
        answer |= {"compute": field.compute, "needs": list(field.from_)}
    if field.ask is not None:
        answer |= {"ask": field.ask, "why": field.why}
    withheld = [name for name in field.attributes if name not in granted]
    if withheld:
        answer["withheld"] = withheld
    return answer


LIST = Operation(
    path="/v1/procedures",
    method="GET",
    kind="procedures",
    handler=list_procedures,
    summary="List the procedures that you are granted",
    answer=ProceduresAnswer,
    example=examples.PROCEDURES,
    codes=(),
)

SHOW = Operation(
    path="/v1/procedures/{code}",
    method="GET",
    kind="procedures",
    handler=show_procedure,
    summary="Show what can be prefilled of a procedure's form",
    answer=ProcedureAnswer,
    example=examples.PROCEDURE,
    codes=("procedure.unknown", "grant.missing"),
)
