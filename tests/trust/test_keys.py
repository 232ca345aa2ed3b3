"""The key ring: where keys come from, what it refuses, and that it shows none."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest

from hub.settings import Settings
from hub.trust import keys
from hub.trust.keys import KeyRefused, KeyRing

_AAD = b"subject|1"


def _settings(folder: Path, command: str | None = None) -> Settings:
    return Settings(_env_file=None, keys_dir=folder, master_key_command=command)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a first set of keys."""
    KeyRing.create(tmp_path / "keys")
    return tmp_path / "keys"


def test_first_keys_are_private_and_differ(folder: Path) -> None:
    """A fresh set is readable by its owner alone, and no two keys are the same."""
    files = sorted(folder.iterdir())

    assert [file.name for file in files] == ["digest.key", "index-1.key", "master-1.key"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len({file.read_text() for file in files}) == 3


def test_keys_are_never_overwritten(folder: Path) -> None:
    """Making keys where keys are is refused."""
    with pytest.raises(KeyRefused, match="never overwritten"):
        KeyRing.create(folder)


@pytest.mark.parametrize("name", ["master-1.key", "index-1.key", "digest.key"])
def test_missing_key_is_refused(folder: Path, name: str) -> None:
    """Without one of its keys the ring says which one to restore."""
    (folder / name).unlink()

    with pytest.raises(KeyRefused, match=r"restore it from its backup"):
        KeyRing.load(_settings(folder))


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    """Without its folder the ring says how keys come to be."""
    with pytest.raises(KeyRefused, match="no keys in"):
        KeyRing.load(_settings(tmp_path / "none"))


def test_key_that_others_may_read_is_refused(folder: Path) -> None:
    """A key file or folder that is open to others is refused with the command that mends it."""
    (folder / "digest.key").chmod(0o644)
    with pytest.raises(KeyRefused, match="chmod 0600"):
        KeyRing.load(_settings(folder))
    (folder / "digest.key").chmod(0o600)
    folder.chmod(0o750)
    with pytest.raises(KeyRefused, match="chmod 0700"):
        KeyRing.load(_settings(folder))


@pytest.mark.parametrize("content", ["", "abcd", "00" * 31, "00" * 33, "zz" * 32])
def test_malformed_key_is_refused_without_showing_it(folder: Path, content: str) -> None:
    """A key of the wrong size or alphabet is refused, and the message does not repeat it."""
    (folder / "master-1.key").write_text(content)

    with pytest.raises(KeyRefused, match="is not a key of 32 bytes") as caught:
        KeyRing.load(_settings(folder))

    assert not content or content not in str(caught.value)


def test_same_key_for_two_purposes_is_refused(folder: Path) -> None:
    """One key may not serve two purposes."""
    (folder / "index-1.key").write_text((folder / "master-1.key").read_text())

    with pytest.raises(KeyRefused, match="two keys"):
        KeyRing.load(_settings(folder))


def test_keys_from_a_command(folder: Path, tmp_path: Path) -> None:
    """A command that prints the keys as JSON gives the same ring as the files."""
    names = {"master": "master-1.key", "index": "index-1.key"}
    document = {purpose: {"1": (folder / name).read_text().strip()} for purpose, name in names.items()}
    output = tmp_path / "keys.json"
    output.write_text(json.dumps(document | {"digest": (folder / "digest.key").read_text().strip()}))

    ring = KeyRing.load(_settings(tmp_path / "none", f"cat {output}"))

    assert ring.digest(b"x") == KeyRing.load(_settings(folder)).digest(b"x")


@pytest.mark.parametrize(
    "command", ["false", "/does/not/exist", "echo 5ecret", "echo '{}'", """echo '{"master": {"1": "5ecret"}}'"""]
)
def test_failing_command_is_refused_without_its_output(tmp_path: Path, command: str) -> None:
    """A command that fails or prints something else is refused, and its output is not shown."""
    with pytest.raises(KeyRefused, match="HUB_MASTER_KEY_COMMAND") as caught:
        KeyRing.load(_settings(tmp_path, command))

    assert "5ecret" not in str(caught.value)


def test_ring_shows_no_key_and_does_not_travel(folder: Path) -> None:
    """Neither its representation nor a pickle gives a key away."""
    ring = KeyRing.load(_settings(folder))

    assert repr(ring) == "KeyRing(master_version=1, index_versions=[1])"
    with pytest.raises(TypeError, match=r"KeyRing\.load"):
        pickle.dumps(ring)


def test_rotated_master_opens_old_and_new(folder: Path) -> None:
    """After a rotation new keys are wrapped under the new version, and the old ones still open."""
    settings = _settings(folder)
    old = KeyRing.load(settings)
    wrapped = old.wrap(b"k" * 32, _AAD)

    assert keys.rotate_master(settings) == 2

    new = KeyRing.load(settings)
    assert new.master_version == 2
    assert new.unwrap(1, wrapped, _AAD) == new.unwrap(2, new.wrap(b"k" * 32, _AAD), _AAD) == b"k" * 32
    with pytest.raises(KeyRefused, match="master key 2"):
        old.unwrap(2, wrapped, _AAD)


def test_newest_key_cannot_be_retired(folder: Path) -> None:
    """Retiring the newest version is refused; retiring an older one removes its file."""
    settings = _settings(folder)
    with pytest.raises(KeyRefused, match="newest"):
        keys.retire_index(settings, 1)

    keys.rotate_index(settings)
    keys.retire_index(settings, 1)

    assert KeyRing.load(settings).index_versions == [2]


def test_keys_of_a_command_rotate_where_it_reads_them(tmp_path: Path) -> None:
    """With a command there is no folder to add a version to, and the message says so."""
    with pytest.raises(KeyRefused, match="where it reads them"):
        keys.rotate_master(_settings(tmp_path, f"{sys.executable} -V"))
