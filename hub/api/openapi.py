"""The OpenAPI document: request and answer models, an example of every answer, and of every refusal by its code."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hub.api.catalogue import PROBLEMS
from hub.api.models import ProblemAnswer
from hub.api.problems import MEDIA_TYPE, oauth_error, problem_document
from hub.api.serving import Operation
from hub.exchange.refusals import InvalidParam, Refused

_SCHEMA = "#/components/schemas/{model}"
_EXCHANGE = UUID("0199a3f2-7c00-7aaa-8000-00000000000a")
_WITH_TOKEN = ("token.missing", "token.invalid", "token.expired", "token.revoked", "consumer.disabled")
_WITH_BODY = ("body.media_type", "body.too_large", "body.timeout")
_ALWAYS = ("calls.too_many", "hub.fault", "hub.database_down", "hub.log_unwritable", "hub.policy_unknown")

DESCRIPTION = """
Thông tin mà nhà nước đã có thì công dân không phải khai lại. / What the state already knows, nobody is asked again.

1. `POST /oauth/token` with an assertion signed by your key: a ten-minute access token.
2. `POST /v1/dossiers`: register the open dossier that you are settling: about a person, an enterprise, or both.
3. `POST /v1/lookup`: the attributes that its procedure needs and your grant allows, each with its provenance.

Identifiers travel in bodies only, never in an address.

Errors are problem documents (RFC 9457) in Vietnamese or English, as `Accept-Language` says; every code stands in
`docs/errors.md`. Every call, refused ones too, has its entry in the exchange log before the answer leaves.
"""


def codes_of(operation: Operation) -> tuple[str, ...]:
    """Lists every code with which an operation may refuse a call."""
    with_token = _WITH_TOKEN if operation.authenticated else ()
    with_body = _WITH_BODY if operation.request is not None else ()
    return tuple(dict.fromkeys((*operation.codes, *with_token, *with_body, *_ALWAYS)))


def responses_of(operation: Operation) -> dict[int | str, dict[str, Any]]:
    """Describes the answers of an operation in the form that FastAPI takes."""
    responses: dict[int | str, dict[str, Any]] = {
        status: {
            "description": "Answered",
            "model": operation.answer,
            "content": {"application/json": {"example": operation.example}},
        }
        for status in operation.success
    }
    by_status: dict[int, list[str]] = {}
    for code in codes_of(operation):
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    for status, codes in sorted(by_status.items()):
        responses[status] = {
            "description": "; ".join(f"{code}: {PROBLEMS[code].en[0]}" for code in codes),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": _SCHEMA.format(model=ProblemAnswer.__name__)},
                    "examples": {code: {"value": _problem_example(code, operation)} for code in codes},
                }
            },
        }
    return responses


def request_body_of(operation: Operation) -> dict[str, Any]:
    """Describes the request of an operation: its body comes with a reference, so that the model stands once."""
    extra: dict[str, Any] = {}
    if operation.request is not None:
        content = {"schema": {"$ref": _SCHEMA.format(model=operation.request.__name__)}}
        content["example"] = operation.request_example or {}
        extra["requestBody"] = {"required": True, "content": {operation.request_type: content}}
    if operation.authenticated:
        extra["security"] = [{"accessToken": []}]
    if "{code}" in operation.path:
        parameter = {"type": "string", "pattern": r"^[1-3]\.\d{6}$"}
        extra["parameters"] = [
            {"name": "code", "in": "path", "required": True, "schema": parameter, "example": "1.004623"}
        ]
    return extra


def build_document(app: FastAPI, operations: tuple[Operation, ...]) -> dict[str, Any]:
    """Builds the whole document: FastAPI's, with the models of request bodies and problems added."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    models: list[type[BaseModel]] = [each.request for each in operations if each.request is not None]
    wanted: Any = [(model, "validation") for model in [*models, ProblemAnswer]]
    _, definitions = models_json_schema(wanted, ref_template=_SCHEMA)
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(definitions["$defs"])
    components["securitySchemes"] = {
        "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT (10 minutes)"}
    }
    return document


def _problem_example(code: str, operation: Operation) -> dict[str, Any]:
    wrong = (InvalidParam("subject.birth_date", "format"),) if code == "body.invalid" else ()
    retry = {429: 1, 503: 5}.get(PROBLEMS[code].status)
    document = problem_document(Refused(code, wrong, retry), "en", _EXCHANGE)
    return oauth_error(document) if operation.kind == "token" else document
