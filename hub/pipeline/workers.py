"""The processes that map pages: started from a fork server that has everything imported and compiled.

A fork of this process would carry the locks of its threads; a spawn would import and compile everything for each
worker. Workers end with the process that started them, however it ends.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection, parent_process
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.forkserver import ensure_running
from types import ModuleType
from typing import Any, Self

from hub.pipeline.mapper import MappedPage, PageTask, map_page

PARALLEL_FROM = 8
"""Pages from which other processes pay for their start."""


class PageMapper:
    """Maps the pages of one batch after another on every core, or on so many workers.

    As a context manager it ends its workers. They start with the first batch that has pages enough to pay for it.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def begin(self, tasks: list[PageTask]) -> Iterator[MappedPage]:
        """Begins with the pages of a batch, and returns them, mapped, in order.

        The workers go on while nobody draws from what is returned: pages of the next batch get mapped meanwhile.
        """
        if self._workers <= 1 or len(tasks) < PARALLEL_FROM:
            return map(map_page, tasks)
        if self._pool is None:
            self._pool = start_pool(self._workers)
        return self._pool.map(map_page, tasks, chunksize=2)


class _Worker(ForkServerProcess):
    """A worker that does not run the main module of its parent, as it otherwise would before anything else.

    In an Airflow task that is the whole of Airflow, in an environment from which its settings were taken.
    """

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return ForkServerProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = main


class _Server(ForkServerContext):
    Process = _Worker


def warm_up() -> None:
    """Starts the fork server in the background, so that its imports run while a register is still being read."""
    _server()
    ensure_running()


def start_pool(workers: int) -> ProcessPoolExecutor:
    """Starts worker processes; the fork server makes one in some milliseconds."""
    return ProcessPoolExecutor(workers, mp_context=_server(), initializer=_begin_worker)


def _server() -> _Server:
    server = _Server()
    server.set_forkserver_preload(["hub.pipeline.preload"])
    return server


def _begin_worker() -> None:
    """Steps back behind what publishes, for which everything waits, and watches the process that started this worker.

    A pool's workers would wait for ever for one that was killed.
    """
    os.nice(5)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
