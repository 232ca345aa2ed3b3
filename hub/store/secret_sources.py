"""Where the registers' secrets come from: a file, the environment or a command. Settings hold references only."""

from __future__ import annotations

import asyncio
import os
import shlex
import stat
import time
from pathlib import Path

_COMMAND_SECONDS = 30.0


class StoreSecrets:
    """The port `Secrets`: `file:PATH` (mode 0600), `env:NAME` or `command:PROGRAM ARGUMENT…`.

    A changed file is read again at the next call, so that a secret is rotated without a restart; a command's answer is
    kept for `command_life` seconds. A relative path starts at `folder`.
    """

    def __init__(self, folder: Path, *, command_life: float = 60.0) -> None:
        self._folder = folder
        self._command_life = command_life
        self._files: dict[Path, tuple[tuple[int, ...], str]] = {}
        self._answers: dict[str, tuple[float, str]] = {}

    def __repr__(self) -> str:
        return "StoreSecrets()"

    async def get(self, reference: str) -> str:
        """Returns the secret that a reference names.

        Raises:
            LookupError: there is none, or others may read it; the message holds no secret.
        """
        source, _, place = reference.partition(":")
        if source == "file" and place:
            return self._from_file(self._folder / place)
        if source == "env" and place:
            if place not in os.environ:
                raise LookupError(f"no variable {place} in the environment: set it to the secret")
            return os.environ[place]
        if source == "command" and place:
            return await self._from_command(place)
        # Not repeated in the message: somebody may have put the secret itself where a reference belongs.
        raise LookupError("a secret's reference must be file:PATH, env:NAME or command:PROGRAM")

    def _from_file(self, path: Path) -> str:
        try:
            status = path.stat()
        except OSError as error:
            raise LookupError(f"no secret in {path} ({type(error).__name__}): write it there, mode 0600") from None
        # The times, the inode and the size: an edited, a replaced and a restored file all differ in one of them.
        seen = (status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size)
        known = self._files.get(path)
        if known is not None and known[0] == seen:
            return known[1]
        if status.st_uid != os.geteuid():
            raise LookupError(f"{path} belongs to another user: run as its owner, or `chown` it")
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise LookupError(f"{path} is open to other users: `chmod 0600 {path}`")
        secret = path.read_text(encoding="utf-8").strip()
        if not secret:
            raise LookupError(f"{path} is empty: write the secret there")
        self._files[path] = (seen, secret)
        return secret

    async def _from_command(self, command: str) -> str:
        known = self._answers.get(command)
        if known is not None and time.monotonic() - known[0] < self._command_life:
            return known[1]
        program = shlex.split(command)
        try:
            process = await asyncio.create_subprocess_exec(
                *program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            raise LookupError(
                f"the command {program[0]!r} of a secret did not start ({type(error).__name__})"
            ) from None
        try:
            async with asyncio.timeout(_COMMAND_SECONDS):
                answer, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise LookupError(f"the command {program[0]!r} of a secret took over {_COMMAND_SECONDS:.0f} s") from None
        secret = answer.decode().strip()
        if process.returncode != 0 or not secret:
            raise LookupError(f"the command {program[0]!r} of a secret failed (exit {process.returncode})")
        self._answers[command] = (time.monotonic(), secret)
        return secret
