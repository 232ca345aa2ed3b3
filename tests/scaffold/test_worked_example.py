"""The worked example of the guide, done as it is written: from no register to its attribute in a lookup."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.demo import truth
from hub.launch import ports, readiness
from hub.settings import ROOT, Settings
from tests.cli.test_stories import ready
from tests.scaffold.repository import Repository

GUIDE = ROOT / "docs" / "connect-a-register.md"
_WRITE = """
import json, sys
from pathlib import Path
from hub.launch.configuration import Addresses, write_sandbox
given = json.loads(sys.argv[1])
write_sandbox(Path(given["var"]), Addresses(api=given["api"], airflow=1, twin=given["twin"]), given["urls"])
"""


def steps() -> Iterator[tuple[str, str, str]]:
    """Yields the blocks of the example: what a block is (`file` or `command`), its path or command, its content."""
    section = GUIDE.read_text(encoding="utf-8").split("## A worked example\n")[1].split("\n# Reference\n")[0]
    for block in re.findall(r"^```\w*\n(.*?)^```$", section, re.M | re.S):
        if not block.startswith("$ "):
            head, content = block.split("\n", 1)
            yield "file", head.removeprefix("<!--").removesuffix("-->").strip("# "), content
            continue
        for command in re.split(r"^\$ ", block, flags=re.M)[1:]:
            line, _, output = command.partition("\n")
            yield "command", line, output


class Sandbox:
    """The copy, and the servers that `make up` would start."""

    def __init__(self, repository: Repository, settings: Settings) -> None:
        self.repository, self.settings = repository, settings
        self.var = settings.var_dir
        self._processes: list[subprocess.Popen[bytes]] = []

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of the guide in the copy."""
        env = {"HUB_VAR_DIR": str(self.var)}
        if line.startswith("hub "):
            return self.repository.hub(*shlex.split(line)[1:], env=env)
        return subprocess.run(
            ["bash", "-c", line], cwd=self.repository.root, capture_output=True, text=True, timeout=60
        )

    def up(self) -> None:
        """Starts the twins and the API on a fresh database, and claims a person who has a card."""
        api, twin = ports.choose(0), ports.choose(0)
        names = ("database_url", "database_url_pipeline", "database_url_api", "database_url_retention")
        urls = {f"HUB_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        urls["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "postgresql+psycopg://none"
        given = {"var": str(self.var), "api": api, "twin": twin, "urls": urls}
        written = self.repository.run("python", "-c", _WRITE, json.dumps(given))
        assert written.returncode == 0, written.stderr
        self._start("sandbox_mocks", "--port", str(twin), "--people", "300", "--defect-rate", "0")
        ready(lambda: readiness.answers(f"http://127.0.0.1:{twin}/_sandbox/health"), self._processes[-1])
        self._start("uvicorn", "hub.api.app:create_app", "--factory", "--port", str(api))
        ready(lambda: readiness.answers(f"http://127.0.0.1:{api}/health/ready"), self._processes[-1])
        self._claim(f"http://127.0.0.1:{twin}")

    def _start(self, module: str, *options: str) -> None:
        env = self.repository.environment({"HUB_VAR_DIR": str(self.var)})
        command = [sys.executable, "-m", module, *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._processes.append(subprocess.Popen(command, cwd=self.repository.root, env=env, **quiet))

    def _claim(self, twin: str) -> None:
        asked = {"count": 1, "seed": 1, "where": {"alive": True, "adult": True}}
        found: Any = httpx.post(f"{twin}/_sandbox/sample", json=asked, trust_env=False).json()
        record = found["people"][0]["truth"]
        claim = {"personal_id": record["SoDinhDanh"], "name": truth.full_name(record)}
        claim["birth_date"] = truth.birth_date(record)
        (self.repository.root / "claim.json").write_text(json.dumps(claim), encoding="utf-8")

    def stop(self) -> None:
        """Ends the servers."""
        for process in self._processes:
            process.terminate()
            process.wait(20)


@pytest.fixture
def sandbox(tmp_path: Path, settings: Settings) -> Iterator[Sandbox]:
    """A copy of the repository, and nothing of the register in it."""
    root = tmp_path / "repository"
    root.mkdir()
    sandbox = Sandbox(Repository.copy(root), settings)
    yield sandbox
    sandbox.stop()


def assert_said(shown: str, done: subprocess.CompletedProcess[str], line: str) -> None:
    """Holds what the guide shows against what was said: `…` stands for anything, also for whole lines."""
    said = done.stdout + done.stderr
    for expected in filter(None, map(str.strip, shown.splitlines())):
        if expected != "…":
            pattern = ".*".join(map(re.escape, expected.split("…")))
            assert re.search(pattern, said), f"{line}: {expected!r} is not in\n{said}"
    # What ends in a failed command is shown with its sentence.
    assert (done.returncode != 0) is bool(re.search(r"^hub: ", shown, re.M)), f"{line}: {said}"


def test_the_worked_example_works(sandbox: Sandbox) -> None:
    """Every file and every command of the guide, in its order; at its end the card's rank stands in the form."""
    last = None
    for what, line, content in steps():
        if what == "file":
            path = sandbox.repository.root / line
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif line == "make up":
            sandbox.up()
        else:
            last = sandbox.run(line)
            assert_said(content, last, line)

    assert last is not None
    assert re.search(r"library_card\.rank\s+│ ok\s+│ (reader|researcher)\s+│ library", last.stdout), last.stdout
