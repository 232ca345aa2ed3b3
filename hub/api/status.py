"""`GET /status`: which register is ill and what to do, on one page, for people on this machine; JSON for programs."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connectors.courtesy import ZONE
from hub.alerts.conditions import HUB_DATABASE, Finding
from hub.alerts.watches import Sight, look
from hub.api.languages import Language
from hub.api.metrics import on_this_machine
from hub.api.serving import language_of
from hub.api.status_words import WORDS
from hub.settings import Settings
from hub.store.health import FeedHealth, Health, RegisterHealth

_HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Language",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
}


async def show(request: Request) -> Response:
    """How every register and feed is and what to do, for callers on this machine only; JSON when asked for."""
    if not on_this_machine(request):
        raise HTTPException(404)
    wished = {"vi": "vi", "en": "en"}.get(request.query_params.get("lang", ""))
    language = cast("Language", wished) if wished else language_of(dict(request.scope["headers"]))
    settings: Settings = request.app.state.services.settings
    health: Health | None = await request.app.state.vitals.read()
    # In a thread: certificates are read from their files.
    found = await asyncio.to_thread(_find, settings, health)
    state = document(settings, health, found, language)
    headers = _HEADERS | {"Content-Language": language}
    if "application/json" in request.headers.get("accept", ""):
        return Response(orjson.dumps(state), 200, headers, "application/json")
    return HTMLResponse(
        _template().render(w=WORDS[language], other="en" if language == "vi" else "vi", **state), 200, headers
    )


def _find(settings: Settings, health: Health | None) -> list[Finding]:
    return [Finding(HUB_DATABASE, "database")] if health is None else look(Sight(settings, health))


def document(settings: Settings, health: Health | None, found: list[Finding], language: Language) -> dict[str, Any]:
    """Returns what both the page and the JSON show; without the health there are no rows, because nothing is known."""
    registers = {each.register: each for each in health.registers} if health else {}
    names = sorted({*registers, *(settings.registers if health else ())})
    return {
        "language": language,
        "known": health is not None,
        "at": health and health.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        "findings": [
            {"condition": each.condition.id, "severity": each.condition.severity, "about": each.about}
            | {"what": each.words(language).what, "do": each.words(language).do}
            for each in found
        ],
        "registers": [
            _register(registers.get(name, RegisterHealth(name)), settings, health, found) for name in names if health
        ],
        "feeds": [_feed(each, health, found) for each in health.feeds] if health else [],
        "alerts": health and _alerts(health),
    }


def _register(each: RegisterHealth, settings: Settings, health: Health, found: list[Finding]) -> dict[str, Any]:
    configured = settings.registers.get(each.register)
    now = health.at
    ends = [end for begin, end in configured.maintenances if begin <= now < end] if configured else []
    own = [finding for finding in found if finding.about.split(".")[0] == each.register]
    return {
        "register": each.register,
        "state": "maintenance" if ends else _worst(own),
        "maintained_until": max(ends).astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if ends else None,
        "breaker": each.breaker,
        "failures": each.failures,
        "next_trial": round(each.next_trial),
        "under_way": each.under_way,
        "places": each.concurrent,
        "per_second": each.per_second,
        "day_calls": each.used.day_calls,
        "per_day": each.per_day,
        "month_calls": each.used.month_calls,
        "per_month": each.per_month,
    }


def _feed(each: FeedHealth, health: Health, found: list[Finding]) -> dict[str, Any]:
    return {
        "feed": each.feed,
        "state": _worst([finding for finding in found if finding.about == each.feed]),
        "published": each.published,
        "age_minutes": round((health.at - each.fresh_at).total_seconds() / 60),
        "newest_batch": each.newest_batch,
        "newest_state": each.newest_state,
        "newest_at": each.newest_at and each.newest_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M"),
        "parked": [batch for batch, _ in each.parked],
        "quarantined": each.quarantined,
    }


def _alerts(health: Health) -> dict[str, Any]:
    age = None if health.alerts_at is None else round((health.at - health.alerts_at).total_seconds() / 60)
    return {"open": len(health.open_alerts), "checked_minutes_ago": age, "untold": dict(health.untold)}


def _worst(found: list[Finding]) -> str:
    severities = {each.condition.severity for each in found}
    return "ill" if "critical" in severities else "warning" if severities else "well"


@cache
def _template() -> Template:
    folder = Path(__file__).parent / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("status.html.j2")
