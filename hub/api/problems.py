"""Problem documents (RFC 9457): one shape for every refusal, in the caller's language, without a value of the call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hub.api.catalogue import PROBLEMS, REASONS
from hub.api.languages import Language
from hub.exchange.refusals import Refused

MEDIA_TYPE = "application/problem+json"

_OAUTH_ERRORS = {"oauth.grant_type": "unsupported_grant_type", "oauth.request": "invalid_request"}


def problem_document(refused: Refused, language: Language, exchange_id: UUID | None) -> dict[str, Any]:
    """Describes a refusal for the caller; `instance` is the exchange id under which the log holds it."""
    problem = PROBLEMS[refused.code]
    title, advice = problem.vi if language == "vi" else problem.en
    document: dict[str, Any] = {
        "type": f"urn:lienthong:problem:{problem.code}",
        "title": title,
        "status": problem.status,
        "detail": advice,
        "code": problem.code,
        "component": "hub",
        "fixer": problem.fixer,
    }
    if exchange_id is not None:
        document["instance"] = f"urn:uuid:{exchange_id}"
    if refused.invalid_params:
        document["invalid_params"] = [
            {"name": wrong.name, "code": wrong.reason, "reason": REASONS[wrong.reason][0 if language == "vi" else 1]}
            for wrong in refused.invalid_params
        ]
    if refused.retry_after is not None:
        document["retry_after"] = refused.retry_after
    return document


def oauth_error(document: dict[str, Any]) -> dict[str, Any]:
    """Adds the members that an OAuth client looks for (RFC 6749 §5.2)."""
    code = document["code"]
    if document["status"] >= 500 or document["status"] == 429:
        error = "temporarily_unavailable"
    else:
        default = "invalid_client" if document["status"] in (401, 403) else "invalid_request"
        error = _OAUTH_ERRORS.get(code, default)
    return document | {"error": error, "error_description": code}


def problem_headers(refused: Refused, language: Language) -> dict[str, str]:
    """Returns the headers that belong to a refusal."""
    headers: dict[str, str] = {"Content-Language": language}
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    if PROBLEMS[refused.code].status == 401:
        error = "" if refused.code == "token.missing" else ', error="invalid_token"'
        headers["WWW-Authenticate"] = f'Bearer realm="lienthong"{error}'
    return headers
