"""Fetching: each connector beside a plain httpx loop and dlt's REST client on the same pages: `python bench/fetch.py`.

The registers are the sandbox's twins, served over HTTP on loopback by a process of their own. A twin makes its pages
when it is asked and takes longer over them than any client, so every ratio is measured twice: `recorded` serves the
twins' own answers from memory and shows what the client costs, which is the figure that counts; `twin` is what one
sees. The small registers `files` and `sql` are three columns wide, the least that a row can be.

- `plain`: `contestants/plain_fetch.py`, one request after the other, nothing checked, by httpx's asynchronous client as
  connectors use it (`plain_sync`: by its synchronous one);
- `hub`: the connector, in memory ports, one call at a time (`hub_concurrent`: as many as its courtesy allows);
- `hub_postgres`: the same on the ports that production has, where each call takes its turn in PostgreSQL;
- `dlt`: its REST client; it speaks no SOAP and reads no files by itself.

Contestants take turns, each in a process of its own, for some rounds; the last line is JSON with the medians. All of
them must have read the same records: the first round, which is not timed, compares them.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import pickle
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = ROOT / ".venv" / "bin" / "python"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
CARDS_FROM = datetime(2026, 11, 17, 17, tzinfo=UTC)
CARDS_A_DAY, CARD_DAYS = 20_000, 2
WHY_NO_DLT = {
    "population": "dlt's REST client speaks no SOAP",
    "files": "dlt reads files by another source than its REST client",
    "sql": "dlt reads databases by another source than its REST client",
}
CONTESTANTS = {
    "population": ("plain", "plain_sync", "hub", "hub_postgres"),
    "business": ("plain", "plain_sync", "hub", "hub_concurrent", "hub_postgres", "dlt"),
    "files": ("plain", "hub"),
    "sql": ("plain", "hub"),
}


@dataclass(frozen=True)
class Job:
    """What a contestant is to read."""

    register: str
    url: str
    since: str
    until: str
    page_size: int = 500
    at_a_time: int = 1
    ports: str = "memory"
    check: bool = False
    record_to: str = ""


# --- a contestant's process -----------------------------------------------------------------------------------------


def contestant_main(name: str) -> None:
    """Reads one job as JSON from each line of stdin, does it, and writes what it took as JSON."""
    for line in sys.stdin:
        job = Job(**json.loads(line))
        gc.collect()
        began, used = time.perf_counter(), time.process_time()
        records, answers = _fetch(name, job)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        done: dict[str, Any] = {"records": len(records), "seconds": seconds, "cpu": cpu}
        if job.check:
            done["digest"] = _digest(records)
        if job.record_to:
            Path(job.record_to).write_bytes(pickle.dumps(answers))
        print(json.dumps(done), flush=True)


def _fetch(name: str, job: Job) -> tuple[list[Any], dict[str, bytes]]:
    since, until = datetime.fromisoformat(job.since), datetime.fromisoformat(job.until)
    answers: dict[str, bytes] = {}
    if name == "hub":
        from contestants import hub_fetch

        return hub_fetch.fetch(
            job.register, job.url, since, until, job.page_size, at_a_time=job.at_a_time, ports=job.ports
        ), answers
    if name == "dlt":
        from contestants import dlt_fetch

        return dlt_fetch.business(job.url, since, until, job.page_size), answers
    from contestants import plain_fetch
    from contestants.recorded_server import question_of

    def keep(question: str, answer: bytes) -> None:
        answers[question if question.startswith("page ") else question_of(question)] = answer

    found = getattr(plain_fetch, job.register)(job.url, since, until, job.page_size)
    if isinstance(found, list):
        return found, answers
    if name == "plain":
        return plain_fetch.read_async(found), answers
    return plain_fetch.read_sync(found, keep if job.record_to else None), answers


def _digest(records: list[Any]) -> str:
    """Returns what two contestants have in common that read the same records with the same contents."""
    import orjson

    def contents(body: Any) -> Any:
        return orjson.loads(body) if isinstance(body, bytes | str) else body

    lines = [orjson.dumps([*head, contents(body)], option=orjson.OPT_SORT_KEYS) for *head, body in records]
    return sha256(b"\n".join(sorted(lines))).hexdigest()


class Contestant:
    """The process of one contestant; the hub runs with the packages that it is installed with, and no others."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        python = sys.executable if name == "dlt" or not INSTALLED.exists() else str(INSTALLED)
        self.name = name
        self._process = subprocess.Popen(
            [python, __file__, "--contestant", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )

    def do(self, job: Job) -> dict[str, Any]:
        """Does one job and returns what it took."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} failed while it read {job.register}")
        done: dict[str, Any] = json.loads(line)
        return done

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=30)


# --- the run --------------------------------------------------------------------------------------------------------


def process_of(name: str, running: dict[str, Contestant]) -> Contestant:
    """Returns the process that a contestant runs in: the hub's variants share one."""
    return running["hub" if name.startswith("hub") else name]


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """Runs a server that says its address as JSON on its first line, and yields it."""
    server = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert server.stdout
    try:
        yield json.loads(server.stdout.readline())["url"]
    finally:
        server.terminate()
        server.wait(timeout=15)


def measure(register: str, jobs: dict[str, Job], running: dict[str, Contestant], rounds: int) -> dict[str, Any]:
    """Lets every contestant do its job in turn and returns medians; ratios are taken within each round."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in jobs}
    for number in range(-1, rounds):
        for name, job in jobs.items():
            done = process_of(name, running).do(replace(job, check=number < 0))
            if number >= 0:
                found[name].append(done)
            elif done["digest"] != found.setdefault("check", [done])[0]["digest"]:
                raise SystemExit(f"{name} read other records of {register} than plain")
    found.pop("check")
    records = found["plain"][0]["records"]
    result: dict[str, Any] = {"records": records}
    for name, rows in found.items():
        seconds = statistics.median(row["seconds"] for row in rows)
        result[name] = {
            "records_per_second": round(records / seconds),
            "cpu_s_per_1000": round(1000 * statistics.median(row["cpu"] for row in rows) / records, 4),
        }
        print(register, name, result[name], file=sys.stderr)
        if name != "plain":
            result[name]["ratio_to_plain"] = _ratio(found, "plain", name, "seconds")
            result[name]["cpu_ratio_to_plain"] = _ratio(found, "plain", name, "cpu")
        if name.startswith("hub") and "plain_sync" in found:
            result[name]["ratio_to_plain_sync"] = _ratio(found, "plain_sync", name, "seconds")
        if name.startswith("hub") and "dlt" in found:
            result[name]["ratio_to_dlt"] = _ratio(found, "dlt", name, "seconds")
    return result


def _ratio(found: dict[str, list[dict[str, Any]]], other: str, name: str, unit: str) -> float:
    pairs = zip(found[other], found[name], strict=True)
    return round(statistics.median(theirs[unit] / ours[unit] for theirs, ours in pairs), 3)


def plan(url: str, path: str, register: str, since: datetime, until: datetime) -> dict[str, Job]:
    """Returns each contestant's job at one server."""
    job = Job(register, f"{url}{path}", since.isoformat(), until.isoformat())
    changed = {"hub_concurrent": {"at_a_time": 8}, "hub_postgres": {"at_a_time": 8, "ports": "postgres"}}
    return {name: replace(job, **changed.get(name, {})) for name in CONTESTANTS[register]}  # type: ignore[arg-type]


def served(url: str) -> int:
    """Returns how many questions a server has answered since it was last asked."""
    import httpx

    return int(httpx.get(f"{url}/served").text)


def over_http(
    register: str, path: str, window: tuple[datetime, datetime], var: Path, twin: str, running: dict[str, Contestant]
) -> dict[str, Any]:
    """Measures a register over HTTP: recorded, then live."""
    options = _options()
    recording = var / f"{register}.pickle"
    since, until = window
    running["plain_sync"].do(replace(plan(twin, path, register, since, until)["plain"], record_to=str(recording)))
    with serving("bench/contestants/recorded_server.py", str(recording)) as recorded:
        jobs = plan(recorded, path, register, since, until)
        counts = {}
        for name, job in jobs.items():
            served(recorded)
            process_of(name, running).do(job)
            counts[name] = served(recorded)
        if len(set(counts.values())) > 1:
            raise SystemExit(f"the contestants asked {register} for different pages: {counts}")
        pages = counts["plain"]
        result = {"pages": pages, "recorded": measure(register, jobs, running, options.rounds)}
    result["twin"] = measure(register, plan(twin, path, register, since, until), running, max(3, options.rounds // 2))
    for measured in (result["recorded"], result["twin"]):
        for name in CONTESTANTS[register]:
            rate = measured[name]["records_per_second"]
            measured[name]["pages_per_second"] = round(rate * pages / measured["records"], 1)
    return result


def files(var: Path, running: dict[str, Contestant]) -> dict[str, Any]:
    """Measures the cards as files."""
    folder = var / "cards"
    folder.mkdir()
    for day in range(CARD_DAYS):
        path = folder / f"the_{CARDS_FROM + timedelta(days=day + 1):%Y%m%d}.csv"
        rows = "".join(f"{key},{kind},{at:%Y-%m-%dT%H:%M:%S+00:00}\r\n" for key, kind, at in cards(day))
        path.write_text("SoThe,LoaiThe,CapNhat\r\n" + rows, encoding="utf-8", newline="")
        os.utime(path, (0, 0))
    until = CARDS_FROM + timedelta(days=CARD_DAYS)
    return measure("files", plan(str(folder), "", "files", CARDS_FROM, until), running, _options().rounds)


def cards(day: int) -> Iterator[tuple[str, str, datetime]]:
    """Yields the cards of a day."""
    for number in range(CARDS_A_DAY):
        yield f"100050{number:06}", "A", CARDS_FROM + timedelta(days=day, seconds=4 * number)


def sql(postgres: Any, running: dict[str, Contestant]) -> dict[str, Any]:
    """Measures the cards as a view."""
    import psycopg
    from sqlalchemy.engine import make_url

    admin = make_url(postgres.admin_url())
    with psycopg.connect(postgres.admin_url(), autocommit=True) as conn:
        conn.execute('create schema bench; create table bench.t ("SoThe" text, "LoaiThe" text, "CapNhat" timestamptz)')
        with conn.cursor() as cursor, cursor.copy("copy bench.t from stdin") as copy:
            for day in range(CARD_DAYS):
                for row in cards(day):
                    copy.write_row(row)
        conn.execute('create index on bench.t ("CapNhat", ("SoThe" collate "C")); analyze bench.t')
        conn.execute("create view bench.cards as select * from bench.t")
    host = f"{admin.host}:{admin.port}/{admin.database}?sslmode=disable"
    until = CARDS_FROM + timedelta(days=CARD_DAYS)
    jobs = plan(f"postgresql+psycopg://{host}", "", "sql", CARDS_FROM, until)
    account = f"{admin.username}:{admin.password}@"
    jobs["plain"] = replace(jobs["plain"], url=f"postgresql+psycopg://{account}{host}")
    return measure("sql", jobs, running, _options().rounds)


def main() -> None:
    """Starts twins, database and contestants, measures, prints one JSON line and removes everything."""
    options = _options()
    if options.contestant:
        contestant_main(options.contestant)
        return
    sys.path.insert(0, str(ROOT))
    from contestants.plain_fetch import SECRETS, ZONE
    from sqlalchemy.engine import make_url

    from hub.embedded import EmbeddedPostgres
    from hub.settings import Settings
    from hub.store import migrate
    from hub.trust.keys import KeyRing

    var = ROOT / "var" / "bench" / "fetch"
    shutil.rmtree(var, ignore_errors=True)
    now = datetime.now(UTC)
    midnight = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    windows = {
        "population": (BEGINNING, (now - timedelta(hours=1)).replace(microsecond=0)),
        "business": (midnight - timedelta(days=2 + 5 * options.windows), midnight - timedelta(days=2)),
    }
    paths = {"population": "/qldc/population", "business": "/dkkd"}
    with ExitStack() as opened:
        postgres = opened.enter_context(EmbeddedPostgres(var))
        hub = postgres.environment() | {"HUB_ENVIRONMENT": "sandbox", "HUB_VAR_DIR": str(var)}
        (var / "hub.env").write_text("".join(f"{name}='{value}'\n" for name, value in hub.items()))
        migrate.upgrade(Settings(_env_file=var / "hub.env"))
        KeyRing.create(var / "keys")
        admin = make_url(postgres.admin_url())
        held = {"BENCH_SQL_USER": str(admin.username), "BENCH_SQL_SECRET": str(admin.password)}
        names = ["plain", "plain_sync", "hub", *([] if options.only_hub else ["dlt"])]
        running = {name: Contestant(name, {**hub, **held, **SECRETS}) for name in names}
        for contestant in running.values():
            opened.callback(contestant.close)
        if options.only_hub:
            CONTESTANTS["business"] = tuple(name for name in CONTESTANTS["business"] if name != "dlt")
        twin = opened.enter_context(serving("-m", "sandbox_mocks", "--people", str(options.people)))
        result: dict[str, Any] = {"bench": "fetch", "rounds": options.rounds}
        chosen = options.registers.split(",")
        for register, window in windows.items():
            if register not in chosen:
                continue
            result[register] = over_http(register, paths[register], window, var, twin, running)
        if "files" in chosen:
            result["files"] = files(var, running)
        if "sql" in chosen:
            result["sql"] = sql(postgres, running)
    for register, why in WHY_NO_DLT.items():
        if register in result:
            result[register] |= {"ratio_to_dlt": None, "no_dlt": why}
    shutil.rmtree(var, ignore_errors=True)
    print(json.dumps(result))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000, help="people of the country behind the twins")
    parser.add_argument("--windows", type=int, default=40, help="windows of five days that are read of the enterprises")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--registers", default=",".join(CONTESTANTS), help="which registers to measure")
    parser.add_argument("--only-hub", action="store_true", help="leave dlt out (it needs the bench requirements)")
    parser.add_argument("--contestant", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
