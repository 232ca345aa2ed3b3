"""Looks at everything that the hub stands on and says what is ill, with what to do about it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from typing import Any

import psycopg
from pydantic import ValidationError

from connectors import declared_feeds, registry
from connectors.courtesy import Courtesy
from hub.alerts.channels import channels
from hub.launch import readiness
from hub.settings import Role, Settings, get_settings
from hub.store import batches, health, migrate, quarantine
from hub.store.engine import connect
from hub.store.secret_check import check_secrets
from hub.trust.keys import KeyRing

_DISK_MB = 500
_ROUND_EXPECTED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    said: str
    warns: bool = False
    """It is well today, and somebody has to do something about it soon."""


def examine(settings: Settings | None = None) -> list[Check]:
    """Runs every check; one that fails says why, and never stops the others."""
    found = [_run("python", _python)]
    try:
        settings = settings or get_settings()
    except ValueError as error:
        return [*found, Check("settings", False, f"{_wrong(error)}: see docs/reference/settings.md")]
    found.append(Check("settings", True, f"{settings.environment} in {settings.var_dir}"))
    found += _misnamed(settings)
    found.append(_run("disk", partial(_disk, settings)))
    found.append(_run("keys", partial(_keys, settings)))
    found += _run_all("secrets", partial(_secrets, settings))
    for role in Role:
        found.append(_run(f"database as {role}", partial(_database, settings, role)))
    if all(check.ok for check in found if check.name.startswith("database")):
        found.append(_run("revision", partial(_revision, settings)))
        found += _run_all("feeds", partial(_feeds, settings))
        found += _run_all("registers and alerts", partial(_health, settings))
    return [*found, *_run_all("servers", partial(_servers, settings))]


def _run(name: str, check: Callable[[], str]) -> Check:
    return _run_all(name, lambda: [Check(name, True, check())])[0]


def _run_all(name: str, checks: Callable[[], Iterable[Check]]) -> list[Check]:
    """Returns several checks; when they can't even be made, one of this name that says why."""
    try:
        return list(checks())
    except psycopg.Error as error:  # its text may quote a row
        return [Check(name, False, f"the database refused the question ({type(error).__name__}): run `hub db upgrade`")]
    except (RuntimeError, OSError, LookupError) as error:
        return [Check(name, False, str(error))]


def _wrong(error: ValueError) -> str:
    """Names the settings that are wrong; what they hold is not repeated."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return ", ".join(f"{'.'.join(map(str, each['loc']))} ({each['type']})" for each in problems)


def _python() -> str:
    return f"{'.'.join(map(str, sys.version_info[:3]))} in {sys.prefix}"


def _misnamed(settings: Settings) -> Iterator[Check]:
    """Tells which settings are of a register or feed that does not exist: nothing reads them."""
    try:
        registers, feeds = set(registry()), {name.replace(".", "_") for name in declared_feeds()}
    except (SyntaxError, ImportError):
        yield Check("connectors", False, "a connector can't be loaded: `hub connector check population` says where")
        return
    for part, given, known in (("registers", settings.registers, registers), ("feeds", settings.feeds, feeds)):
        for name in sorted(set(given) - known):
            near = get_close_matches(name, known, 1)
            meant = f"; did you mean HUB_{part.upper()}__{near[0].upper()}__…?" if near else ""
            yield Check("settings", True, f"nothing reads HUB_{part.upper()}__{name.upper()}__…{meant}", warns=True)


def _disk(settings: Settings) -> str:
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.var_dir, os.W_OK):
        raise RuntimeError(f"{settings.var_dir} is not writable for this user")
    free = shutil.disk_usage(settings.var_dir).free // 2**20
    if free < _DISK_MB:
        raise RuntimeError(f"{free} MB are left for {settings.var_dir}: make room, or run `hub retention`")
    return f"{free} MB free"


def _keys(settings: Settings) -> str:
    ring = KeyRing.load(settings)
    return f"master {ring.master_version}, index {', '.join(map(str, ring.index_versions))}"


def _secrets(settings: Settings) -> Iterator[Check]:
    """Looks at the secrets and certificates of all registers."""
    report = check_secrets(settings)
    if not (report.ill or report.warnings):
        yield Check("secrets", True, f"{len(report.secrets)} references give their secret")
    yield from (Check("secrets", False, text) for text in report.ill)
    yield from (Check("secrets", True, text, warns=True) for text in report.warnings)


def _database(settings: Settings, role: Role) -> str:
    with connect(settings, role) as conn:
        row = conn.execute("select current_setting('server_version')").fetchone()
    return f"PostgreSQL {row[0] if row else '?'}"


def _revision(settings: Settings) -> str:
    current, newest = migrate.current(settings), migrate.newest()
    if current != newest:
        raise RuntimeError(f"at {current}, the newest is {newest}: run `hub db upgrade`")
    return newest


def _feeds(settings: Settings) -> Iterator[Check]:
    with connect(settings, Role.PIPELINE) as conn:
        names = [name for (name,) in conn.execute("select name from hub.feed order by name").fetchall()]
        for name in names:
            parked, mark = batches.parked_batch(conn, name), batches.watermark(conn, name)
            waiting = sum(quarantine.count_open(conn, name).values())
            said = (
                f"published up to {mark:%Y-%m-%d %H:%M} UTC"
                if mark
                else "no run of its own yet, at most windows by hand"
            )
            if parked:
                said = f"batch {parked} waits for a decision: `hub batch show {parked}`"
            yield Check(f"feed {name}", parked is None, f"{said}; {waiting} records in quarantine")
            yield from _reconciliation(conn, name)


def _health(settings: Settings) -> Iterator[Check]:
    """Looks at the breaker and the courtesy of every register, and whether alerts reach somebody."""
    with connect(settings, Role.PIPELINE) as conn:
        now = health.read(conn)
    for each in now.registers:
        rest = each.used.renewed_in(Courtesy(1, 1, per_day=each.per_day, per_month=each.per_month), now.at)
        said = f"{each.used.day_calls} calls today"
        if each.per_day is not None:
            said += f" of {each.per_day}"
        if rest is not None:
            said += f", none left for {rest / 3600:.1f} h"
        if each.breaker != "closed":
            said += (
                f"; breaker {each.breaker.replace('_', ' ')} after {each.failures} failures, next trial in"
                f" {each.next_trial:.0f} s: see whether the register is up"
            )
        yield Check(f"register {each.register}", each.breaker == "closed" and rest is None, said)
    # What waits for a channel that was taken out of the settings can be told by nobody.
    ways = {way.name for way in channels(settings)}
    waiting = sum(count for channel, count in now.untold if channel in ways)
    silent = now.alerts_at is None or now.at - now.alerts_at > _ROUND_EXPECTED
    said = f"{len(now.open_alerts)} open: `hub alerts list`" if now.open_alerts else "none open"
    if waiting:
        said += f"; {waiting} could not be told yet: `hub alerts check` says why"
    if silent:
        said += "; nobody has looked for alerts lately: is the DAG `alerts` on?"
    yield Check("alerts", not waiting, said, warns=silent and not waiting)


def _reconciliation(conn: psycopg.Connection[Any], feed: str) -> Iterator[Check]:
    """Tells what the last comparison with the register found, if there was one."""
    row = conn.execute(
        "select as_of, missing, extra, stale from hub.reconciliation where feed = %s order by at desc limit 1", (feed,)
    ).fetchone()
    if row is None:
        return
    as_of, missing, extra, stale = row
    said = f"as of {as_of:%Y-%m-%d %H:%M} UTC"
    differs = bool(missing or extra or stale)
    if differs:
        said += (
            f": {missing} missing, {extra} extra, {stale} stale here: `hub run {feed} --since …` reads a window again,"
            f" then `hub reconcile {feed}`"
        )
    yield Check(f"reconciliation {feed}", not differs, said)


def _servers(settings: Settings) -> Iterator[Check]:
    """Looks at the servers that a launcher has started on this machine, if one has."""
    path = settings.var_dir / "servers.json"
    if not path.is_file():
        return
    urls: dict[str, str] = json.loads(path.read_text())
    ready = readiness.answers(f"{urls['api']}/health/ready")
    yield Check("lookup API", ready, urls["api"] if ready else f"not ready: see {urls['api']}/health/ready")
    ill = readiness.ill_parts(urls["airflow"])
    logs = settings.var_dir / "logs"
    yield Check("Airflow", not ill, urls["airflow"] if not ill else f"ill: {', '.join(ill)}; read {logs}/airflow-*.log")
