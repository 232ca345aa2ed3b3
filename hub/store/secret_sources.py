"""Where the registers' secrets come from: a file, the environment or a command. Settings hold references only."""

from __future__ import annotations

import asyncio
import os
import shlex
import time
from pathlib import Path

from hub.store.secret_files import REST_SECONDS, SecretFiles

_COMMAND_SECONDS = 30.0


class StoreSecrets:
    """The port `Secrets`: `file:PATH` (mode 0600), `env:NAME` or `command:PROGRAM ARGUMENT…`.

    A changed file is read again at the next call, so that a secret is rotated without a restart (see `SecretFiles`); a
    command's answer is kept for `command_life` seconds, or until a register refuses it. The environment of a process
    never changes: a secret there is rotated by a restart. A relative path starts at `folder`.
    """

    def __init__(self, folder: Path, *, command_life: float = 60.0, rest: float = REST_SECONDS) -> None:
        self._folder = folder
        self._command_life = command_life
        self._files = SecretFiles(rest=rest)
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
            return await self._files.read(self._folder / place)
        if source == "env" and place:
            if not os.environ.get(place, "").strip():
                raise LookupError(f"no variable {place} in the environment: set it to the secret, and start again")
            return os.environ[place]
        if source == "command" and place:
            return await self._from_command(place)
        # Not repeated in the message: somebody may have put the secret itself where a reference belongs.
        raise LookupError("a secret's reference must be file:PATH, env:NAME or command:PROGRAM")

    def forget(self, reference: str) -> None:
        """Asks a command again, and reads a file again, at the next call: a register refused what they gave."""
        source, _, place = reference.partition(":")
        self._answers.pop(place, None)
        if source == "file":
            self._files.forget(self._folder / place)

    async def _from_command(self, command: str) -> str:
        known = self._answers.get(command)
        if known is not None and time.monotonic() - known[0] < self._command_life:
            return known[1]
        try:
            program = shlex.split(command)
            name = program[0]
        except (ValueError, IndexError):
            raise LookupError("the command of a secret is no command line: look at its quotes") from None
        try:
            process = await asyncio.create_subprocess_exec(
                *program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            raise LookupError(f"the command {name!r} of a secret did not start ({type(error).__name__})") from None
        try:
            async with asyncio.timeout(_COMMAND_SECONDS):
                answer, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise LookupError(f"the command {name!r} of a secret took over {_COMMAND_SECONDS:.0f} s") from None
        try:
            secret = answer.decode().strip()
        except UnicodeDecodeError:
            raise LookupError(f"the command {name!r} of a secret printed no UTF-8 text") from None
        if process.returncode != 0 or not secret:
            raise LookupError(f"the command {name!r} of a secret failed (exit {process.returncode})")
        self._answers[command] = (time.monotonic(), secret)
        return secret
