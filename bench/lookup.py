"""Measures lookups beside a bare FastAPI + asyncpg one-row SELECT, in one run: `python bench/lookup.py`.

Both are served by one uvicorn worker each from the same PostgreSQL (`synchronous_commit = on`), loaded in turn by the
same client process over 16 keep-alive connections, ids uniform over all subjects. Every answer of the hub is checked to
be a complete one. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psycopg

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hub.embedded import EmbeddedPostgres  # noqa: E402
from hub.exchange import consumers  # noqa: E402
from hub.exchange.tokens import ASSERTION_TYPE, make_assertion, new_client_key  # noqa: E402
from hub.mapping.procedures import load_procedure  # noqa: E402
from hub.settings import Environment, Role, Settings  # noqa: E402
from hub.store import engine, migrate  # noqa: E402
from hub.store.records import PublishRow, publish_rows  # noqa: E402
from hub.trust.keys import KeyRing  # noqa: E402
from schemas.canonical import kinds  # noqa: E402

CONNECTIONS = 16
PROCEDURE, OFFICER, CONSUMER = "1.004623", "CB-00123", "bench"
_BATCH = 20_000


def personal_id(number: int) -> str:
    """Returns the number of an invented person."""
    return f"100050{number:06d}"


def record(number: int) -> dict[str, str]:
    """Returns a canonical record of about the usual size."""
    place = {"province": "01", "province_recorded": "01", "commune": "00004", "commune_recorded": "00004"}
    return {
        "personal_id": personal_id(number),
        "number_status": "active",
        "name.full": "Nguyễn Văn Thử",
        "name.raw": "Nguyễn Văn Thử",
        "name.family": "Nguyễn",
        "name.middle": "Văn",
        "name.given": "Thử",
        "gender": "male",
        "birth_date": "1950-03-21",
        "ethnicity": "01",
        "nationality": "VN",
        "marital_status": "married",
        "life_status": "alive",
        **{f"residence.{key}": value for key, value in place.items()},
        "residence.detail": f"Số {number}, phố Thử Nghiệm",
        **{f"current_residence.{key}": value for key, value in place.items()},
        **{f"origin.{key}": value for key, value in place.items()},
        "father.name": "Nguyễn Văn Cha",
        "mother.name": "Trần Thị Mẹ",
    }


def fill(settings: Settings, subjects: int) -> dict[str, Any]:
    """Publishes the subjects, registers a dossier for each, and returns the consumer's private key."""
    ring = KeyRing.create(settings.keys_path())
    private, public = new_client_key()
    with engine.connect(settings, Role.OWNER) as conn:
        consumers.add_consumer(conn, consumer_id=CONSUMER, name="Bench", jwk=public, by="bench")
        consumers.add_officer(conn, consumer_id=CONSUMER, officer=OFFICER, by="bench")
        attributes = load_procedure(PROCEDURE).attributes
        consumers.grant(
            conn, consumer_id=CONSUMER, procedure=PROCEDURE, attributes=attributes, legal_basis="bench", by="bench"
        )
        batch_id = uuid4()
        conn.execute("insert into hub.feed (name) values ('population.citizens')")
        conn.execute(
            """insert into hub.batch (batch_id, feed, state, since, until, asked_until, scope, legal_basis, landed_uri,
                                      master_version)
               values (%s, 'population.citizens', 'published', now() - interval '1 h', now(), now(), 'all', 'b', 'x',
                       1)""",
            (batch_id,),
        )
        for start in range(0, subjects, _BATCH):
            numbers = range(start, min(start + _BATCH, subjects))
            rows = [
                PublishRow(n, personal_id(n), 1_763_000_000_000, "current", None, None, orjson.dumps(record(n)))
                for n in numbers
            ]
            publish_rows(
                conn,
                ring,
                register="population",
                kind=kinds()["person"],
                batch_id=batch_id,
                fetched_at=datetime.now(UTC),
                mapping_version=1,
                rows=rows,
            )
        conn.execute("create temp table wanted (dossier text, blind bytea)")
        version = ring.index_versions[0]
        with conn.cursor() as cursor, cursor.copy("copy wanted from stdin") as copy:
            for n in range(subjects):
                copy.write_row((dossier(n), ring.blind_index(version, "personal_id", personal_id(n))))
        conn.execute(
            """insert into hub.dossier (consumer_id, dossier, procedure, subject_id)
               select %s, dossier, %s, subject_id
                 from wanted join hub.subject_identifier on scheme = 'personal_id' and blind_index = blind""",
            (CONSUMER, PROCEDURE),
        )
    with engine.connect(settings, Role.OWNER, autocommit=True) as conn:
        conn.execute("vacuum analyze")
    return private


def dossier(number: int) -> str:
    """Returns the dossier of a person."""
    return f"G16.01-261122-{number:06d}"


# --- the client: lean enough not to be what is measured -------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """What the client process sends."""

    port: int
    subjects: int
    seconds: float
    seed: int
    token: str | None
    first_identifier: int


def hub_request(load: Load, number: int) -> bytes:
    """Writes a lookup as bytes."""
    claim = {"personal_id": personal_id(number), "name": "Nguyễn Văn Thử", "birth_date": "1950-03-21"}
    body = orjson.dumps({"subject": claim, "procedure": PROCEDURE, "dossier": dossier(number), "officer": OFFICER})
    return (
        b"POST /v1/lookup HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\n"
        b"Content-Length: %d\r\n\r\n%s" % ((load.token or "").encode(), len(body), body)
    )


def bare_request(load: Load, number: int) -> bytes:
    """Writes a read of one row as bytes."""
    return b"GET /records/%d HTTP/1.1\r\nHost: hub\r\n\r\n" % (load.first_identifier + number)


class Caller(asyncio.Protocol):
    """One keep-alive connection that sends its next request when the answer is complete."""

    def __init__(self, load: Load, seed: int, done: asyncio.Future[None]) -> None:
        self.load, self.done = load, done
        self.random = random.Random(seed)
        self.make = bare_request if load.token is None else hub_request
        self.proof = b'"status":"current"' if load.token is None else b'"outcome":"complete"'
        self.latencies: list[float] = []
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends the first request."""
        self.transport: Any = transport
        self.ends = time.perf_counter() + self.load.seconds
        self.send()

    def send(self) -> None:
        """Sends one request about a random subject."""
        self.sent = time.perf_counter()
        self.transport.write(self.make(self.load, self.random.randrange(self.load.subjects)))

    def data_received(self, data: bytes) -> None:
        """Collects an answer, checks it, and goes on."""
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        low = self.buffer[:head].lower()
        at = low.index(b"content-length: ") + 16
        length = int(low[at:].split(b"\r\n", 1)[0])
        if len(self.buffer) < head + 4 + length:
            return
        now = time.perf_counter()
        self.latencies.append(now - self.sent)
        if not self.buffer.startswith(b"HTTP/1.1 200") or self.proof not in self.buffer:
            self.done.set_exception(RuntimeError(f"unexpected answer: {self.buffer[:600]!r}"))
            self.transport.close()
            return
        self.buffer = b""
        if now < self.ends:
            self.send()
        else:
            self.done.set_result(None)
            self.transport.close()


async def run_load(load: Load) -> dict[str, float]:
    """Loads one server and returns rate and latencies in milliseconds."""
    loop = asyncio.get_running_loop()
    callers = []
    started = time.perf_counter()
    for place in range(CONNECTIONS):
        caller = Caller(load, load.seed * 1000 + place, loop.create_future())
        callers.append(caller)
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", load.port)  # type: ignore[misc]
    await asyncio.gather(*(caller.done for caller in callers))
    elapsed = time.perf_counter() - started
    latencies = sorted(latency for caller in callers for latency in caller.latencies)
    return {
        "rate": len(latencies) / elapsed,
        "p50": 1000 * latencies[len(latencies) // 2],
        "p99": 1000 * latencies[int(len(latencies) * 0.99)],
    }


def client_main() -> None:
    """The client process: one load as JSON on each line of stdin, its result as JSON on stdout."""
    import uvloop

    for line in sys.stdin:
        print(json.dumps(uvloop.run(run_load(Load(**json.loads(line))))), flush=True)


# --- the run --------------------------------------------------------------------------------------------------------


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(arguments: list[str], environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Runs a uvicorn worker as both contestants run, and yields its port and process id once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", *arguments, "--port", str(port), "--no-access-log"]
    command += ["--loop", "uvloop", "--http", "httptools", "--log-level", "warning"]
    process = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/openapi.json").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"{arguments[-1]} does not answer")
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)


def cpu_seconds(pid: int) -> float:
    """Returns the processor time that a process has used: it tells more than a rate when others use the machine too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def environment_of(settings: Settings) -> dict[str, str]:
    """Returns the environment that gives a process these settings."""
    return {
        "HUB_ENVIRONMENT": settings.environment.value,
        "HUB_VAR_DIR": str(settings.var_dir),
        "HUB_DATABASE_URL": settings.url(Role.OWNER),
        "HUB_DATABASE_URL_API": settings.url(Role.API),
        "HUB_API_URL": settings.api_url,
        "BENCH_DATABASE_URL": settings.url(Role.API),
    }


def get_token(port: int, settings: Settings, private: dict[str, Any]) -> str:
    """Gets an access token once the API is ready."""
    for _ in range(100):
        if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
            break
        time.sleep(0.1)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": make_assertion(private, consumer_id=CONSUMER, audience=settings.api_url),
    }
    answer = httpx.post(f"http://127.0.0.1:{port}/oauth/token", data=form)
    return str(answer.raise_for_status().json()["access_token"])


def measure(settings: Settings, private: dict[str, Any], subjects: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Loads both servers in turn and returns the medians of all rounds."""
    with engine.connect(settings, Role.OWNER) as conn:
        first = conn.execute("select min(identifier_id) from hub.record").fetchone()
        commit = conn.execute("show synchronous_commit").fetchone()
    results: dict[str, list[dict[str, float]]] = {"hub": [], "bare": []}
    environment = environment_of(settings)
    client = subprocess.Popen(
        [sys.executable, __file__, "--client"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert client.stdin and client.stdout and first and commit
    with (
        serving(["hub.api.app:create_app", "--factory"], environment) as (hub_port, hub_pid),
        serving(["--app-dir", "bench/contestants", "bare_lookup:app"], environment) as (bare_port, bare_pid),
    ):
        token = get_token(hub_port, settings, private)
        for number in range(-1, rounds):
            for name, port, pid in (("hub", hub_port, hub_pid), ("bare", bare_port, bare_pid)):
                length = 2.0 if number < 0 else seconds
                held = token if name == "hub" else None
                load = Load(port, subjects, length, number + 2, held, first[0])
                used = cpu_seconds(pid)
                client.stdin.write(json.dumps(load.__dict__) + "\n")
                client.stdin.flush()
                line = client.stdout.readline()
                if not line:
                    raise SystemExit(f"the client stopped while it loaded {name}")
                if number >= 0:
                    result = json.loads(line)
                    result["cpu_us"] = 1e6 * (cpu_seconds(pid) - used) / (result["rate"] * length)
                    results[name].append(result)
                    print(name, {key: round(value, 2) for key, value in result.items()}, file=sys.stderr)
        client.stdin.close()
        client.wait(timeout=10)

    def median(name: str, key: str) -> float:
        return statistics.median(each[key] for each in results[name])

    ratios = [hub["rate"] / bare["rate"] for hub, bare in zip(results["hub"], results["bare"], strict=True)]
    return {
        "bench": "lookup",
        "subjects": subjects,
        "connections": CONNECTIONS,
        "synchronous_commit": commit[0],
        "rate": round(median("hub", "rate")),
        "bare_rate": round(median("bare", "rate")),
        "ratio_to_bare": round(statistics.median(ratios), 3),
        "server_cpu_us": round(median("hub", "cpu_us")),
        "bare_server_cpu_us": round(median("bare", "cpu_us")),
        "p50_ms": round(median("hub", "p50"), 2),
        "p99_ms": round(median("hub", "p99"), 2),
        "bare_p50_ms": round(median("bare", "p50"), 2),
        "bare_p99_ms": round(median("bare", "p99"), 2),
    }


def main() -> None:
    """Fills a database of its own, measures, prints one JSON line and removes everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        client_main()
        return
    folder = ROOT / "var" / "bench" / f"lookup-{uuid4().hex[:8]}"
    try:
        with EmbeddedPostgres(folder) as postgres:
            settings = Settings(
                _env_file=None,
                environment=Environment.SANDBOX,
                var_dir=folder,
                database_url=postgres.url(Role.OWNER),
                database_url_pipeline=postgres.url(Role.PIPELINE),
                database_url_api=postgres.url(Role.API),
            )
            migrate.upgrade(settings)
            private = fill(settings, options.subjects)
            with psycopg.connect(postgres.admin_url(), autocommit=True) as conn:
                # What the filling left behind is written now and not while one of the two is measured.
                conn.execute("checkpoint")
            print(json.dumps(measure(settings, private, options.subjects, options.rounds, options.seconds)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
