"""A copy of this repository in which a test may write files, and the commands run in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.settings import ROOT

_PARTS = ("schemas", "connectors", "hub", "sandbox_mocks", "mappings", "dags", "docs", "tests", "pyproject.toml")


@dataclass(frozen=True)
class Repository:
    """A copy; commands run in it see its files and not ours."""

    root: Path

    @classmethod
    def copy(cls, root: Path) -> Repository:
        """Copies what the checks look at."""
        for name in _PARTS:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, root / name)
        return cls(root)

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Returns the environment in which its modules are found before ours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return {**kept, "PYTHONPATH": str(self.root), "HUB_VAR_DIR": str(self.root / "var"), **(extra or {})}

    def run(self, *command: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a tool of this environment by its name."""
        tool = Path(sys.executable).with_name(command[0])
        return subprocess.run(
            [tool, *command[1:]], cwd=self.root, env=self.environment(env), capture_output=True, text=True, timeout=280
        )

    def hub(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs the command `hub` of the copy."""
        return self.run("python", "-m", "hub.cli", *arguments, env=env)

    def edit(self, path: str, *edits: tuple[str, str]) -> None:
        """Replaces texts of a file, each of which must be there."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text, f"{path} has no {old!r}"
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
