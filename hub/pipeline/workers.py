"""The processes that map pages: started from a fork server that has everything imported and compiled.

A fork of this process would carry the locks of its threads; a spawn would import and compile everything for each
worker.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from typing import Any

from hub.pipeline.mapper import MappedPage, PageTask, map_page

PARALLEL_FROM = 8
"""Pages from which other processes pay for their start."""


def map_pages(tasks: list[PageTask], workers: int | None = None) -> Iterator[MappedPage]:
    """Yields the mapped pages in order; many pages are mapped on every core, or on so many workers."""
    workers = min(workers or os.cpu_count() or 1, len(tasks))
    if workers <= 1 or len(tasks) < PARALLEL_FROM:
        yield from map(map_page, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=_server()) as pool:
        yield from pool.map(map_page, tasks, chunksize=2)


def warm_up() -> None:
    """Starts the fork server in the background, so that its imports run while a register is still being read."""
    _server()
    ensure_running()


def _server() -> Any:
    server = get_context("forkserver")
    server.set_forkserver_preload(["hub.pipeline.preload"])
    return server
