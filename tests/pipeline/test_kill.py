"""SIGKILL of the real process at every step boundary and at random moments: nothing is lost, nothing is doubled."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest
import uvicorn

from hub.pipeline.context import Context
from hub.settings import Settings
from hub.trust.keys import KeyRing
from tests.pipeline.conftest import Twin, feed_settings, newest_versions, rows

RANDOM_KILLS = 50
STAGES = [
    "batch opened",
    "page landed",
    "landed",
    "page mapped",
    "checked",
    "rows written",
    "refused records sealed",
    "ledger written",
    "published",
]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Twin, str]]:
    """The twin behind a real HTTP server on a free port."""
    from sandbox_mocks.country import Country
    from sandbox_mocks.population.app import create_app

    country = Country(7, 240)
    app = create_app(country)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Twin(country, app), f"http://127.0.0.1:{port}/qldc/population"
    server.should_exit = True
    thread.join(10)


class Driver:
    """The process that forks the children."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.pipeline.kill_driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[2],
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.var_dir = Path()
        self.to: IO[str] = self.process.stdin
        self.answers: IO[str] = self.process.stdout

    def start(self, stage: str | None = None, nth: int = 1) -> int:
        self.to.write(json.dumps({"var_dir": str(self.var_dir), "stage": stage, "nth": nth}) + "\n")
        self.to.flush()
        return int(self._answer()["pid"])

    def ended(self) -> int:
        return int(self._answer()["status"])

    def _answer(self) -> dict[str, int]:
        line = self.answers.readline()
        assert line, "the driver died"
        answer: dict[str, int] = json.loads(line)
        return answer

    def close(self) -> None:
        self.to.close()
        self.process.wait(20)


@pytest.fixture(scope="module")
def forker() -> Iterator[Driver]:
    """One driver for all tests: its imports cost seconds."""
    driver = Driver()
    yield driver
    driver.close()


@pytest.fixture
def driven(forker: Driver, served: tuple[Twin, str], settings: Settings, ring: KeyRing) -> tuple[Driver, Context]:
    """The driver over a fresh database, and a context that looks at the same."""
    base = feed_settings(settings, batch_size=90, page_size=30)
    secrets = base.var_dir / "secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    for name, value in (("population.secret", "sandbox-secret"), ("population.key", "sandbox-key")):
        (secrets / name).touch(mode=0o600)
        (secrets / name).write_text(value)
    register = base.registers["population"].model_copy(
        update={
            "url": served[1],
            "secret": f"file:{secrets}/population.secret",
            "api_key": f"file:{secrets}/population.key",
        }
    )
    base = base.model_copy(update={"registers": {"population": register}})
    (base.var_dir / "hub.env").write_text("".join(f"{k}={v}\n" for k, v in as_environment(base).items()))
    forker.var_dir = base.var_dir
    return forker, Context(base, ring)


def as_environment(settings: Settings) -> dict[str, str]:
    """Returns the settings as a child reads them."""
    plain: dict[str, Any] = settings.model_dump(mode="json", exclude_none=True)
    return {
        f"HUB_{name.upper()}": value if isinstance(value, str) else json.dumps(value) for name, value in plain.items()
    }


def assert_nothing_lost_or_doubled(context: Context, twin: Twin) -> None:
    """Holds the store against the twin's own account of every number and its latest version."""
    assert rows(context, "select count(*) from hub.batch where state not in ('published')") == [(0,)]
    windows = rows(context, "select since, until from hub.batch where state = 'published' order by sequence")
    assert all(left[1] >= right[0] for left, right in itertools.pairwise(windows)), "a window is missing"
    mark = rows(context, "select watermark from hub.feed")[0][0]
    assert mark == windows[-1][1]
    index = context.ring.index_versions[0]
    stored: dict[bytes, list[int]] = {}
    for blind, version in rows(
        context,
        "select i.blind_index, r.source_version from hub.record r join hub.subject_identifier i using (identifier_id)"
        " where i.scheme = 'personal_id'",
    ):
        stored.setdefault(bytes(blind), []).append(version)
    assert all(len(versions) == 1 for versions in stored.values()), "a number stands twice"
    waiting = {bytes(row[0]) for row in rows(context, "select key_digest from hub.quarantine")}
    lost = [
        number
        for number, version in newest_versions(twin, mark).items()
        if stored.get(context.ring.blind_index(index, "personal_id", number)) != [version]
        and context.ring.digest(number.encode()) not in waiting
    ]
    assert len(lost) == 0, f"{len(lost)} numbers are lost"
    doubled = rows(context, "select batch_id, position from hub.quarantine group by 1, 2 having count(*) > 1")
    assert doubled == []


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("stage", STAGES)
def test_a_kill_at_a_step_boundary_loses_nothing(
    stage: str, nth: int, served: tuple[Twin, str], driven: tuple[Driver, Context]
) -> None:
    """The process dies the first or second time that it reaches a boundary; the next run makes everything whole."""
    driver, context = driven
    driver.start(stage, nth)
    assert driver.ended() == -signal.SIGKILL
    driver.start()
    assert driver.ended() == 0
    assert_nothing_lost_or_doubled(context, served[0])


def test_kills_at_random_moments_lose_nothing(served: tuple[Twin, str], driven: tuple[Driver, Context]) -> None:
    """Fifty kills at random moments, many of them one after another on the same work."""
    seed = int(os.environ.get("HUB_TEST_KILL_SEED", random.SystemRandom().randrange(10**6)))
    print(f"HUB_TEST_KILL_SEED={seed}")  # noqa: T201
    dice = random.Random(seed)
    driver, context = driven
    length = 0.0
    for _ in range(2):
        with context.connect() as conn:
            conn.execute("update hub.feed set watermark = null")
        began = time.monotonic()
        driver.start()
        assert driver.ended() == 0
        length = time.monotonic() - began
    kills = 0
    while kills < RANDOM_KILLS:
        with context.connect() as conn:
            # The feed begins anew: everything is fetched again, over what the kills left behind.
            conn.execute("update hub.feed set watermark = null")
        for _ in range(5):
            child = driver.start()
            time.sleep(dice.uniform(0, length))
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            kills += driver.ended() == -signal.SIGKILL
        driver.start()
        assert driver.ended() == 0, f"HUB_TEST_KILL_SEED={seed}"
        assert_nothing_lost_or_doubled(context, served[0])


def test_an_identical_run_after_a_kill_rewrites_no_row(
    served: tuple[Twin, str], driven: tuple[Driver, Context]
) -> None:
    """What was published before the kill is met again as unchanged."""
    driver, context = driven
    driver.start("published", 2)
    assert driver.ended() == -signal.SIGKILL
    state = "select identifier_id, xmin::text, ctid::text from hub.record order by 1"
    before = rows(context, state)
    with context.connect() as conn:
        conn.execute("update hub.feed set watermark = null")
    driver.start()
    assert driver.ended() == 0
    after = {row[0]: row for row in rows(context, state)}
    newer = rows(context, "select identifier_id from hub.record_version")
    touched = {row[0] for row in newer}
    assert [row for row in before if row[0] not in touched and after[row[0]] != row] == []
