"""Real processes killed in the middle of a publish: nothing half, and a re-run completes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

import psycopg

from hub.settings import ROOT, Settings
from hub.trust.keys import KeyRing
from tests.store.population import count, personal_id, publish, row

_ROWS = 3000
_PROGRAM = """
import sys
from hub.settings import Role, Settings
from hub.store.engine import connect
from hub.trust.keys import KeyRing
from tests.store.population import personal_id, publish, row

settings = Settings(_env_file=None)
version, rows = int(sys.argv[1]), int(sys.argv[2])
ring = KeyRing.load(settings)
with connect(settings, Role.PIPELINE) as conn:
    print("ready", flush=True)
    publish(conn, ring, *(row(personal_id(n), version, f"{version} of {n}") for n in range(rows)))
print("done", flush=True)
"""


def _start(settings: Settings, version: int) -> subprocess.Popen[str]:
    environment = os.environ | {
        "HUB_DATABASE_URL_PIPELINE": settings.database_url_pipeline or "",
        "HUB_KEYS_DIR": str(settings.keys_path()),
    }
    command = [sys.executable, "-c", _PROGRAM, str(version), str(_ROWS)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_killed_publish_leaves_nothing_half(settings: Settings, ring: KeyRing, conn: psycopg.Connection[Any]) -> None:
    """A publisher killed at random moments leaves all of a version or nothing of it, and the next one completes it."""
    seed = random.SystemRandom().randrange(10**6)
    sys.stdout.write(f"seed {seed}\n")
    moments = random.Random(seed)
    for version in range(1, 9):
        process = _start(settings, version)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0, 0.35))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        _wait_until_gone(conn)

        versions = conn.execute("select source_version, count(*) from hub.record group by 1").fetchall()
        conn.rollback()
        assert len(versions) <= 1, f"seed {seed}"
        assert all(records == _ROWS for _, records in versions)
        assert count(conn, "subject") == count(conn, "subject_key") == sum(records for _, records in versions)

    rows = [row(personal_id(n), 9, f"9 of {n}") for n in range(_ROWS)]
    assert publish(conn, ring, *rows).published == _ROWS
    assert publish(conn, ring, *rows).unchanged == _ROWS


def _wait_until_gone(conn: psycopg.Connection[Any]) -> None:
    """Waits until the server has noticed that the killed client is gone."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        others = conn.execute(
            """select count(*) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"""
        ).fetchone()
        conn.rollback()
        if others == (0,):
            return
        time.sleep(0.02)
    raise AssertionError("the killed client is still connected")
