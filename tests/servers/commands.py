"""Runs `hub` commands with what they print kept in files, each in a fork of one process that has all imports."""

from __future__ import annotations

import os
import sys
from multiprocessing import get_context
from pathlib import Path

from tests.servers.conftest import Servers

_forks = get_context("forkserver")
_forks.set_forkserver_preload(["hub.cli.app", "hub.pipeline.preload", "hub.pipeline.run", "hub.store.quarantine"])


def run_command(servers: Servers, *arguments: str, typed: str = "") -> tuple[int, Path]:
    """Runs one command and returns its exit code and the file with what it has printed, errors included."""
    folder = servers.var / "commands"
    folder.mkdir(exist_ok=True)
    printed = folder / f"{len(list(folder.iterdir())):03d}.txt"
    process = _forks.Process(target=_run, args=(servers.var, servers.settings, arguments, typed, printed))
    process.start()
    process.join(120)
    assert process.exitcode is not None, f"hub {arguments[0]} does not end"
    return process.exitcode, printed


def _run(var: Path, settings: dict[str, str], arguments: tuple[str, ...], typed: str, printed: Path) -> None:
    from hub.cli import main

    os.environ.update(settings, HUB_VAR_DIR=str(var))
    reading, writing = os.pipe()
    os.write(writing, typed.encode())
    os.close(writing)
    output = os.open(printed, os.O_WRONLY | os.O_CREAT, 0o600)
    for file, standard in ((reading, 0), (output, 1), (output, 2)):
        os.dup2(file, standard)
    # The fork server gave its children an empty input of its own.
    sys.stdin = os.fdopen(0)
    sys.argv = ["hub", *arguments]
    main()
