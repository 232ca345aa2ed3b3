"""A PostgreSQL that tests may break in every way; never the one that others use."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from hub.embedded import EmbeddedPostgres


class Server(EmbeddedPostgres):
    """A cluster of these tests alone, which may be broken in every way."""

    def shut_down(self) -> None:
        """Stops in order; whoever is connected is sent away."""
        self.stop()

    def crash(self) -> None:
        """Stops at once, as by `pg_ctl stop -m immediate`."""
        self._end([self._postmaster()], signal.SIGQUIT)

    def kill(self) -> None:
        """Kills the server with all its processes."""
        postmaster = self._postmaster()
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        self._end([postmaster, *map(int, children)], signal.SIGKILL)

    def kill_backends(self) -> None:
        """Kills one process that serves the hub; the server then ends all others, and recovers by itself."""
        with psycopg.connect(self.admin_url(), autocommit=True) as conn:
            found = conn.execute("select pid from pg_stat_activity where application_name like 'hub %'").fetchall()
        self._end([pid for (pid,) in found], signal.SIGKILL)

    def recover(self) -> None:
        """Waits until a server that recovers by itself answers, or starts one that is gone."""
        self.start()

    def _postmaster(self) -> int:
        return int((self.var_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    @staticmethod
    def _end(processes: list[int], how: signal.Signals) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, how)
        for process in processes:
            # A child that nobody has waited for has no command line any more.
            while _command(process):
                time.sleep(0.01)


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
