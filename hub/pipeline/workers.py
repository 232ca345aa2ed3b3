"""The processes that map pages: started from a fork server that has everything imported and compiled.

A fork of this process would carry the locks of its threads; a spawn would import and compile everything for each
worker. Workers live for one batch, so that their memory is free while it is published, and end with the process that
started them, however it ends.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process
from multiprocessing.forkserver import ensure_running
from typing import Any

from hub.pipeline.mapper import MappedPage, PageTask, map_page

PARALLEL_FROM = 8
"""Pages from which other processes pay for their start."""


def map_pages(tasks: list[PageTask], workers: int | None = None) -> Iterator[MappedPage]:
    """Yields the mapped pages in order; many pages are mapped on every core, or on so many workers."""
    workers = workers or os.cpu_count() or 1
    if workers <= 1 or len(tasks) < PARALLEL_FROM:
        yield from map(map_page, tasks)
        return
    with start_pool(workers) as pool:
        yield from pool.map(map_page, tasks, chunksize=2)


def warm_up() -> None:
    """Starts the fork server in the background, so that its imports run while a register is still being read."""
    _server()
    ensure_running()


def start_pool(workers: int) -> ProcessPoolExecutor:
    """Starts worker processes; the fork server makes one in some milliseconds."""
    return ProcessPoolExecutor(workers, mp_context=_server(), initializer=_end_with_parent)


def _server() -> Any:
    server = get_context("forkserver")
    server.set_forkserver_preload(["hub.pipeline.preload"])
    return server


def _end_with_parent() -> None:
    """Watches the process that started this worker: a pool's workers would wait for ever for one that was killed."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
