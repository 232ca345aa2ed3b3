"""SIGKILL of the real process at every step boundary and at random moments: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from hub.pipeline.context import Context
from hub.settings import Settings
from hub.trust.keys import KeyRing
from tests.pipeline.conftest import Twin, assert_nothing_lost_or_doubled, feed_settings, rows, serve

# Seventy runs that are killed and run again: minutes, and on a busy machine many.
pytestmark = pytest.mark.timeout(1200)
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
    base = serve(feed_settings(settings, batch_size=90, page_size=30), served[1])
    forker.var_dir = base.var_dir
    return forker, Context(base, ring)


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
    """What was published before the kill and has no newer version since is met again as unchanged."""
    driver, context = driven
    driver.start("published", 2)
    assert driver.ended() == -signal.SIGKILL
    state = "select identifier_id, source_version, xmin::text, ctid::text from hub.record order by 1"
    before = rows(context, state)
    with context.connect() as conn:
        conn.execute("update hub.feed set watermark = null")
    driver.start()
    assert driver.ended() == 0
    after = {row[0]: row for row in rows(context, state)}
    same = [row for row in before if after[row[0]][1] == row[1]]
    assert len(same) > 100
    assert [row for row in same if after[row[0]] != row] == []
