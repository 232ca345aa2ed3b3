"""Secrets from files, the environment and commands: rotated while in use, never half-written, never in a message."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from hub.store.secret_sources import StoreSecrets

KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\nBBBB\n-----END PRIVATE KEY-----\n"


def write(path: Path, text: str, *, minutes_ago: float = 0) -> None:
    """Writes a secret's file in place, as an editor does; its times may be made older."""
    path.touch(mode=0o600)
    path.write_text(text)
    if minutes_ago:
        moment = time.time() - minutes_ago * 60
        os.utime(path, (moment, moment))


async def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """A rotated secret is used at the next call, without a restart."""
    path = tmp_path / "population.secret"
    write(path, "first\n")
    secrets = StoreSecrets(tmp_path)
    assert await secrets.get("file:population.secret") == "first"

    write(path, "second\n")

    assert await secrets.get(f"file:{path}") == "second"


async def test_a_file_is_replaced_by_renaming(tmp_path: Path) -> None:
    """A new file in the old one's place counts at once, also one of the same size and times."""
    path, draft = tmp_path / "a", tmp_path / "b"
    write(path, "first\n")
    secrets = StoreSecrets(tmp_path)
    assert await secrets.get("file:a") == "first"

    write(draft, "later\n")
    times = path.stat()
    os.utime(draft, ns=(times.st_atime_ns, times.st_mtime_ns))
    draft.rename(path)

    assert await secrets.get("file:a") == "later"


async def test_a_link_that_is_turned_counts_at_once(tmp_path: Path) -> None:
    """Orchestrators swap a folder by a link: what it leads to now is the secret."""
    for name in ("one", "two"):
        write(tmp_path / name, f"{name}\n")
    link, secrets = tmp_path / "link", StoreSecrets(tmp_path)
    link.symlink_to("one")
    assert await secrets.get("file:link") == "one"

    (tmp_path / "new").symlink_to("two")
    (tmp_path / "new").rename(link)

    assert await secrets.get("file:link") == "two"


@pytest.mark.parametrize(
    ("half", "whole"),
    [("", "new-secret\n"), ("new-se", "new-secret\n"), (KEY[:34], KEY), (KEY.rpartition("-----END")[0], KEY)],
    ids=["emptied", "half a line", "a key's first lines", "a key without its end"],
)
async def test_a_half_written_file_waits_for_its_end(tmp_path: Path, half: str, whole: str) -> None:
    """While somebody writes, nobody gets a part: the call waits, and signs with the whole secret."""
    path = tmp_path / "secret"
    write(path, "old-secret\n")
    secrets = StoreSecrets(tmp_path, rest=0.2)
    await secrets.get("file:secret")

    write(path, half)
    asked = asyncio.create_task(secrets.get("file:secret"))
    await asyncio.sleep(0.02)
    assert not asked.done()
    write(path, whole)

    assert await asked == whole.strip()


@pytest.mark.parametrize("half", ["", " \n", KEY[:34], KEY.rpartition("-----END")[0]])
@pytest.mark.parametrize("minutes_ago", [0.0, 5.0])
async def test_what_stays_half_written_is_refused(tmp_path: Path, half: str, minutes_ago: float) -> None:
    """An empty file or a key without an end is no secret, however long it lies there, and the old one is not used."""
    path = tmp_path / "secret"
    write(path, "old-secret\n")
    secrets = StoreSecrets(tmp_path, rest=0.02)
    await secrets.get("file:secret")

    write(path, half, minutes_ago=minutes_ago)

    with pytest.raises(LookupError, match=r"is empty|breaks off"):
        await secrets.get("file:secret")


@pytest.mark.parametrize("minutes_ago", [0.0, 5.0])
async def test_a_file_without_a_newline_counts_when_it_was_left_alone(tmp_path: Path, minutes_ago: float) -> None:
    """Many tools write no newline: such a file is whole once nobody has touched it for a moment."""
    write(tmp_path / "secret", "no-newline", minutes_ago=minutes_ago)

    assert await StoreSecrets(tmp_path, rest=0.02).get("file:secret") == "no-newline"


async def test_a_file_that_never_rests_is_refused(tmp_path: Path) -> None:
    """A writer that goes on and on can't hold a call for ever."""
    path = tmp_path / "secret"
    write(path, "x")

    async def scribble() -> None:
        while True:
            await asyncio.sleep(0.005)
            write(path, path.read_text() + "x")

    writer = asyncio.create_task(scribble())
    with pytest.raises(LookupError, match="again and again"):
        await StoreSecrets(tmp_path, rest=0.05).get("file:secret")
    writer.cancel()


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), os.mkfifo, lambda path: path.write_bytes(b"\xff\xfe\n")])
async def test_what_is_no_text_file_is_refused(tmp_path: Path, make: object) -> None:
    """A folder, a pipe and binary rubbish are refused, without waiting for a writer and without their content."""
    path = tmp_path / "secret"
    make(path)  # type: ignore[operator]
    path.chmod(0o700 if path.is_dir() else 0o600)

    with pytest.raises(LookupError) as caught:
        await asyncio.wait_for(StoreSecrets(tmp_path).get("file:secret"), 5)

    assert caught.value.__cause__ is None
    assert "\\xff" not in str(caught.value)


async def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """A secret with loose permissions is refused with advice, and is not in the message."""
    path = tmp_path / "loose"
    path.write_text("s3cret")
    path.chmod(0o640)

    with pytest.raises(LookupError, match="chmod 0600") as caught:
        await StoreSecrets(tmp_path).get("file:loose")

    assert "s3cret" not in str(caught.value)


async def test_environment_and_command(tmp_path: Path) -> None:
    """A secret may come from a variable or from a command, which is asked once a minute at most."""
    os.environ["HUB_TEST_SECRET"] = "from-environment"
    counter = tmp_path / "asked"
    program = f"command:sh -c 'echo x >> {counter}; echo from-command'"
    secrets = StoreSecrets(tmp_path)

    assert await secrets.get("env:HUB_TEST_SECRET") == "from-environment"
    assert [await secrets.get(program), await secrets.get(program)] == ["from-command"] * 2
    assert counter.read_text() == "x\n"


async def test_a_command_is_asked_again_when_a_register_refused_its_answer(tmp_path: Path) -> None:
    """A secret that was rotated in the vault is not kept for the rest of the minute."""
    vault = tmp_path / "vault"
    vault.write_text("first\n")
    secrets, program = StoreSecrets(tmp_path), f"command:cat {vault}"
    assert await secrets.get(program) == "first"
    vault.write_text("second\n")
    assert await secrets.get(program) == "first"

    secrets.forget(program)

    assert await secrets.get(program) == "second"


@pytest.mark.parametrize(
    "reference",
    ["hunter2", "file:", "file:absent", "env:HUB_NO_SUCH", "env:HUB_EMPTY", "command:false", "command:/no",
     "command:sh -c 'printf \\\\377'", "command:sh -c 'hunter2", "command: "],
)  # fmt: skip
async def test_missing_secret_is_a_lookup_error(tmp_path: Path, reference: str) -> None:
    """Every kind of missing secret gives LookupError; a secret in the place of a reference is not repeated."""
    os.environ["HUB_EMPTY"] = " "

    with pytest.raises(LookupError) as caught:
        await StoreSecrets(tmp_path).get(reference)

    assert "hunter2" not in str(caught.value)
