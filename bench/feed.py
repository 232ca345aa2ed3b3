"""The feed: map → check → seal → publish with ledger, beside dlt's merge and a plain COPY + guarded upsert.

All contestants read the same landed pages (sealed files) and end with the same number of current rows in the same
PostgreSQL, each in a process of its own, after its imports. Fetching is reported apart. What they do differs:

- `hub`: wire model, mapping, row rules, cross-row rules, suite, sealing under a key for each subject, ledger;
- `dlt`: merge of the wire records, once as Python objects (nested elements become columns) and once as Arrow tables,
  both written as CSV and loaded by COPY with the `upsert` strategy; the faster one counts;
- `copy_upsert`: number, version and document as text: one COPY into a staging table and one guarded upsert a batch.

Prints one JSON line. `--citizens` are people; the country has about 1.3 entries for each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = ROOT / ".venv" / "bin" / "python"
FEED = "population.citizens"


def main() -> None:
    """Prepares the landed pages once and lets every contestant run over them."""
    options = _options()
    if options.contestant:
        print(json.dumps(CONTESTANTS[options.contestant](Path(options.var))))
        return
    import shutil

    var = ROOT / "var" / "bench" / "feed"
    shutil.rmtree(var, ignore_errors=True)
    from hub.embedded import EmbeddedPostgres

    with EmbeddedPostgres(var) as server:
        _configure(var, server)
        fetched = _run(var, "fetch", options.citizens)
        contestants = ["copy_upsert", "hub", "hub_again"]
        if not options.only_hub:
            contestants += ["dlt_objects", "dlt_arrow"]
        found = {name: _run(var, name, options.citizens) for name in contestants}
    rows = fetched["records"]
    hub, copied = found["hub"], found["copy_upsert"]
    result: dict[str, Any] = {
        "bench": "feed",
        "records": rows,
        "batches": fetched["batches"],
        "rows_per_second": round(rows / hub["seconds"]),
        "peak_rss_mb": hub["peak_rss_mb"],
        "ratio_to_copy_upsert": round(copied["seconds"] / hub["seconds"], 3),
        "again_speedup": round(hub["seconds"] / found["hub_again"]["seconds"], 2),
        "again_rows_rewritten": found["hub_again"]["rewritten"],
        "fetch_rows_per_second": round(rows / fetched["seconds"]),
        "copy_upsert_s": copied["seconds"],
        "hub_s": hub["seconds"],
        "hub_again_s": found["hub_again"]["seconds"],
    }
    if not options.only_hub:
        fastest = min(found["dlt_objects"]["seconds"], found["dlt_arrow"]["seconds"])
        result |= {
            "ratio_to_dlt": round(fastest / hub["seconds"], 2),
            "ratio_to_dlt_objects": round(found["dlt_objects"]["seconds"] / hub["seconds"], 2),
            "dlt_objects_s": found["dlt_objects"]["seconds"],
            "dlt_arrow_s": found["dlt_arrow"]["seconds"],
        }
    print(json.dumps(result))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--citizens", type=int, default=155_000)
    parser.add_argument("--only-hub", action="store_true", help="leave dlt out (it needs the bench requirements)")
    parser.add_argument("--contestant", default="")
    parser.add_argument("--var", default="")
    return parser.parse_args()


def _configure(var: Path, server: Any) -> None:
    from hub.settings import Settings
    from hub.store import migrate
    from hub.trust.keys import KeyRing

    lines = server.environment() | {
        "HUB_ENVIRONMENT": "sandbox",
        "HUB_VAR_DIR": str(var),
        "HUB_FEEDS": json.dumps({"population_citizens": {"scope": "all", "page_size": 1000, "settle_lag": "PT0S"}}),
    }
    (var / "hub.env").write_text("".join(f"{name}='{value}'\n" for name, value in lines.items()))
    migrate.upgrade(Settings(_env_file=var / "hub.env"))
    KeyRing.create(var / "keys")


def _run(var: Path, contestant: str, citizens: int) -> dict[str, Any]:
    """Runs one contestant in a fresh process: what is ours with the packages that it is installed with, and no others.

    dlt brings pyarrow, which pandas loads where it finds it, and that is no memory of ours.
    """
    python = sys.executable if contestant.startswith("dlt_") or not INSTALLED.exists() else str(INSTALLED)
    command = [python, __file__, "--contestant", contestant, "--var", str(var), "--citizens", str(citizens)]
    environment = {**os.environ, "HUB_VAR_DIR": str(var), "PYTHONPATH": str(ROOT), "TMPDIR": str(var)}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"{contestant}: {found}", file=sys.stderr)
    return found


def fetch(var: Path) -> dict[str, Any]:
    """Lands the whole history from a twin in process."""
    import httpx

    from connectors import registry
    from connectors.memory import memory_ports
    from hub.pipeline.context import Context
    from hub.pipeline.fetch import fetch as fetch_feed
    from hub.settings import RegisterSettings, get_settings
    from hub.trust.keys import KeyRing
    from sandbox_mocks.country import Country
    from sandbox_mocks.population.app import create_app

    del var
    app = create_app(Country(1, _options().citizens))
    register = RegisterSettings(
        url="http://twin.local/qldc/population",
        logical_url="http://mock.local/qldc/population",
        user="sandbox-hub",
        secret="env:secret",
        api_key="env:key",
        client_id="VN/GOV/G16/lienthong",
    )
    settings = get_settings().model_copy(update={"registers": {"population": register}})

    def connector(settings: Any, name: str, lag: Any) -> Any:
        ports = memory_ports({"env:secret": "sandbox-secret", "env:key": "sandbox-key"})
        transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
        return registry()[name](
            settings.registers[name], ports, environment="sandbox", transport=transport, settle_lag=lag
        )

    context = Context(settings, KeyRing.load(settings), make_connector=connector)
    began = time.perf_counter()
    outcome = fetch_feed(FEED, context)
    seconds = time.perf_counter() - began
    records = sum(batch.counts["landed"] for batch in _batches(context))
    return {"seconds": round(seconds, 2), "records": records, "batches": len(outcome.batches)}


def hub(var: Path) -> dict[str, Any]:
    """Checks and publishes every landed batch."""
    import great_expectations  # noqa: F401  (its import is seconds, paid once a process: Airflow's scheduler preloads it)

    from hub.pipeline.context import Context
    from hub.pipeline.run import load
    from hub.pipeline.workers import start_pool

    del var
    context = Context.from_environment()
    pending = [batch.batch_id for batch in _batches(context)]
    with start_pool(1) as pool:  # the workers' imports come before the clock too
        pool.submit(int).result()
    measured = _measured(lambda: load(FEED, context))
    with context.connect() as conn:
        states = conn.execute("select state, count(*) from hub.batch group by 1").fetchall()
        measured["current_rows"] = conn.execute("select count(*) from hub.record").fetchone()[0]  # type: ignore[index]
    assert dict(states) == {"published": len(pending)}, states
    return measured


def hub_again(var: Path) -> dict[str, Any]:
    """The same batches once more, as if they had been fetched again: nothing may be rewritten."""
    from hub.pipeline.context import Context
    from hub.settings import Role

    state = "select count(*), sum(hashtext(xmin::text || ctid::text)) from hub.record"
    context = Context.from_environment()
    with context.connect(Role.OWNER) as conn:
        before = conn.execute(state).fetchone()
        conn.execute("truncate hub.ledger, hub.rule_result, hub.quarantine")
        conn.execute("update hub.batch set state = 'landed', backfill = true")
    measured = hub(var)
    with context.connect() as conn:
        measured["rewritten"] = 0 if conn.execute(state).fetchone() == before else -1
    return measured


def copy_upsert(var: Path) -> dict[str, Any]:
    """Number, version and document as text, by COPY and one guarded upsert a batch."""
    from hub.pipeline.context import Context
    from hub.settings import Role

    context = Context.from_environment()
    batches = _batches(context)

    def work() -> None:
        with context.connect(Role.OWNER) as conn:
            conn.execute(
                "create table if not exists bench_plain (number text primary key, version bigint, document text)"
            )
            for batch in batches:
                conn.execute("create temp table staging (number text, version bigint, document text) on commit drop")
                with conn.cursor() as cursor, cursor.copy("copy staging from stdin") as copy:
                    for number, version, body in _entries(context, batch):
                        copy.write_row((number, version, body.decode()))
                conn.execute(
                    "insert into bench_plain select distinct on (number) * from staging order by number, version desc"
                    " on conflict (number) do update set version = excluded.version, document = excluded.document"
                    " where bench_plain.version < excluded.version"
                )
                conn.commit()

    del var
    return _measured(work)


def dlt_objects(var: Path) -> dict[str, Any]:
    """dlt's merge of Python objects."""

    def records(context: Any, batches: list[Any]) -> Iterator[Any]:
        import orjson

        for rows in _newest(context, batches):
            yield [orjson.loads(body) | {"version": version} for _, version, body in rows]

    return _dlt(var, "objects", records)


def dlt_arrow(var: Path) -> dict[str, Any]:
    """dlt's merge of Arrow tables; elements are flattened for it, since Arrow structs cannot become columns."""

    def records(context: Any, batches: list[Any]) -> Iterator[Any]:
        import orjson
        import pyarrow as pa

        for rows in _newest(context, batches):
            flat = [_flat(orjson.loads(body)) | {"version": version} for _, version, body in rows]
            names = dict.fromkeys(name for row in flat for name in row)
            yield pa.table({n: pa.array([r.get(n) for r in flat], _type(n)) for n in names})

    def _type(name: str) -> Any:
        import pyarrow as pa

        return pa.int64() if name == "version" else pa.string()

    return _dlt(var, "arrow", records)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in record.items():
        for key, inner in value.items() if isinstance(value, dict) else ((None, value),):
            path = f"{name}__{key}" if key else name
            if isinstance(inner, dict):
                found.update({f"{path}__{k}": v for k, v in inner.items()})
            else:
                found[path] = inner if inner is None or isinstance(inner, str) else str(inner)
    return found


def _dlt(var: Path, name: str, records: Callable[[Any, list[Any]], Iterator[Any]]) -> dict[str, Any]:
    os.environ |= {"DLT_DATA_DIR": str(var / "dlt"), "RUNTIME__DLTHUB_TELEMETRY": "false"}
    os.environ |= {"DATA_WRITER__BUFFER_MAX_ITEMS": "100000", "RUNTIME__LOG_LEVEL": "ERROR"}
    import dlt
    import pyarrow  # noqa: F401

    from hub.pipeline.context import Context
    from hub.settings import Role

    context = Context.from_environment()
    url = context.settings.url(Role.OWNER)
    pipeline = dlt.pipeline(
        f"bench_{name}",
        destination=dlt.destinations.postgres(url),
        dataset_name=f"dlt_{name}",
        pipelines_dir=str(var / "dlt"),
    )

    def work() -> None:
        for batch in _batches(context):
            pipeline.run(
                dlt.resource(
                    records(context, [batch]),
                    name="citizens",
                    write_disposition={"disposition": "merge", "strategy": "upsert"},
                    primary_key="SoDinhDanh",
                    max_table_nesting=2,
                ),
                loader_file_format="csv",
            )

    return _measured(work)


def _batches(context: Any) -> list[Any]:
    from hub.store import batches

    with context.connect() as conn:
        return sorted(batches.recent_batches(conn, FEED, 1000), key=lambda batch: batch.sequence)


def _pages(context: Any, batches: list[Any]) -> Iterator[list[tuple[str, int, bytes]]]:
    from hub.pipeline.landing import slices

    for batch in batches:
        landed = context.landed(batch)
        for page in batch.counts["pages"]:
            header, payload = landed.read(page)
            bodies = slices([entry[3] for entry in header], payload)
            yield [(entry[0], entry[1], body) for entry, body in zip(header, bodies, strict=True)]


def _newest(context: Any, batches: list[Any]) -> Iterator[list[tuple[str, int, bytes]]]:
    """Yields the newest entry of each number, in pages: dlt's upsert takes a key only once in a load."""
    newest = {row[0]: row for rows in _pages(context, batches) for row in rows}
    rows = list(newest.values())
    for start in range(0, len(rows), 1000):
        yield rows[start : start + 1000]


def _entries(context: Any, batch: Any) -> Iterator[tuple[str, int, bytes]]:
    for rows in _pages(context, [batch]):
        yield from rows


def _measured(work: Callable[[], None]) -> dict[str, Any]:
    """Runs the work and returns its seconds and the peak of the memory of this process and its children."""
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.05):
            peak = max(peak, _tree_rss(os.getpid()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    return {"seconds": round(seconds, 2), "peak_rss_mb": peak // 2**20}


def _tree_rss(pid: int) -> int:
    """Returns the proportional memory (PSS) of a process and all its descendants, so that shared pages count once."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total = int(line.split()[1]) * 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += _tree_rss(int(child))
    except OSError:
        return total
    return total


CONTESTANTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "fetch": fetch,
    "hub": hub,
    "hub_again": hub_again,
    "copy_upsert": copy_upsert,
    "dlt_objects": dlt_objects,
    "dlt_arrow": dlt_arrow,
}

if __name__ == "__main__":
    main()
