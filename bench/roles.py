"""What roles cost: enterprises published with and without them, and what the check asks of the store about a batch.

The same enterprises (one representative who owns a part, a second owner, and one in ten owned by another enterprise)
are published in batches of 20,000 into the same PostgreSQL, each case under numbers of its own: without roles, with
holders whom nobody has seen, and with holders whom the population brought before; then a newer version of each, in
which one in ten has another representative; then the same once more. Prints one JSON line, in seconds a batch.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hub.embedded import EmbeddedPostgres  # noqa: E402
from hub.pipeline.known import ask_store  # noqa: E402
from hub.quality.rulesets import ruleset  # noqa: E402
from hub.settings import Role, Settings  # noqa: E402
from hub.store import migrate  # noqa: E402
from hub.store.engine import connect  # noqa: E402
from hub.store.records import PublishRow, publish_rows  # noqa: E402
from hub.trust.keys import KeyRing  # noqa: E402
from schemas.canonical import Kind, kinds  # noqa: E402

BATCH, BATCHES = 20_000, 3
ENTERPRISE, PERSON = kinds()["organisation"], kinds()["person"]
Publish = Callable[[Kind, list[PublishRow]], float]


def main() -> None:
    """Runs all cases on one server and prints the medians."""
    var = ROOT / "var" / "bench" / "roles"
    shutil.rmtree(var, ignore_errors=True)
    with EmbeddedPostgres(var) as server:
        environment = {name.removeprefix("HUB_").lower(): value for name, value in server.environment().items()}
        settings = Settings(_env_file=None, var_dir=var, **environment)
        migrate.upgrade(settings)
        ring = KeyRing.create(var / "keys")
        with connect(settings, Role.PIPELINE) as conn:

            def publish(kind: Kind, rows: list[PublishRow]) -> float:
                started = time.perf_counter()
                with conn.transaction():
                    publish_rows(
                        conn,
                        ring,
                        register=kind.sources[0],
                        kind=kind,
                        batch_id=uuid4(),
                        fetched_at=datetime.now(UTC),
                        mapping_version=1,
                        rows=rows,
                    )
                return time.perf_counter() - started

            found = _cases(publish)
            columns = _columns(2)
            started = time.perf_counter()
            with conn.transaction():
                known = ask_store(conn, ring, ruleset("organisation"), columns)
            found["ask_store_s"] = time.perf_counter() - started
            asked = ruleset("organisation").mentions
            assert asked is not None
            found |= {"representatives": len(asked(columns).people), "deceased": len(known.deceased)}
    for holders in ("unseen", "known"):
        for step in ("first", "changed", "again"):
            found[f"ratio_{step}_{holders}"] = found[f"{step}_{holders}_s"] / found[f"{step}_without_s"]
    shown = {name: round(value, 3) if isinstance(value, float) else value for name, value in found.items()}
    print(json.dumps({"bench": "roles", "enterprises": BATCH, **shown}))


def _cases(publish: Publish) -> dict[str, Any]:
    for batch in range(BATCHES):
        publish(PERSON, _people(2, batch))
    times: dict[str, list[float]] = {}
    # Case beside case, so that what else the machine does slows all of them alike.
    for step, version in (("first", 1), ("changed", 2), ("again", 2)):
        for batch in range(BATCHES):
            for case, (name, roles) in enumerate((("without", False), ("unseen", True), ("known", True))):
                rows = _rows(case, batch, version, roles=roles)
                times.setdefault(f"{step}_{name}_s", []).append(publish(ENTERPRISE, rows))
    return {name: statistics.median(each) for name, each in times.items()}


def _person(case: int, number: int) -> str:
    return f"100{case}{number:08d}"


def _record(case: int, number: int, version: int) -> dict[str, Any]:
    representative = _person(case, 2 * number + (version > 1 and number % 10 == 0))
    members = [{"name": "Nguyễn Văn An", "personal_id": _person(case, 2 * number), "ratio": "60"}]
    members.append({"name": "Lê Thị Dung", "personal_id": _person(case, 2 * number + 1), "ratio": "40"})
    if number % 10 == 5:
        members.append({"name": "Công ty cổ phần Sao Băng", "enterprise_code": f"99{case}{number - 5:07d}"})
    return {
        "code": f"99{case}{number:07d}",
        "kind": "multi_member_llc",
        "status": "active",
        "name.full": f"Công ty TNHH Du lịch Cầu Vồng {number}",
        "changes": str(version),
        "activities": [{"code": "7912", "name": "Điều hành tua du lịch", "main": "yes"}] * 3,
        "members": members,
        "representatives": [{"name": "Nguyễn Văn An", "personal_id": representative, "position": "Giám đốc"}],
    }


def _rows(case: int, batch: int, version: int, *, roles: bool) -> list[PublishRow]:
    rows = []
    for position, number in enumerate(range(batch * BATCH, (batch + 1) * BATCH)):
        record = _record(case, number, version)
        held = tuple(ENTERPRISE.holders(record)) if roles else ()
        document = orjson.dumps(record)
        rows.append(PublishRow(position, record["code"], version, "current", None, None, document, roles=held))
    return rows


def _people(case: int, batch: int) -> list[PublishRow]:
    rows = []
    for position, number in enumerate(range(2 * batch * BATCH, 2 * (batch + 1) * BATCH)):
        life = {"life_status": "deceased" if number % 500 == 2 else "alive", "personal_id": _person(case, number)}
        document = orjson.dumps(life | {f"place.{part}": "Số 1 phố Mẫu, phường Mẫu" for part in range(20)})
        rows.append(PublishRow(position, _person(case, number), 1, "current", None, None, document))
    return rows


def _columns(case: int) -> dict[str, list[Any]]:
    records = [{**_record(case, number, 2), "version": 2} for number in range(BATCH)]
    return {name: [record.get(name) for record in records] for name in ruleset("organisation").columns}


if __name__ == "__main__":
    main()
