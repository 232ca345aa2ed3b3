"""Writing the files of a new register: all or none, under names that fit, over nothing that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.scaffold.register import PROTOCOLS, NameRefused, NewRegister
from hub.scaffold.writing import FilesInTheWay, in_the_way, render, write


def everything(root: Path) -> set[str]:
    """Lists every file and folder below one."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_writes_what_a_register_needs(tmp_path: Path, protocol: str) -> None:
    """Connector, wire model, kind, mapping, codes, DAG, case and page are written, and nothing else but the twin."""
    written = write(NewRegister("library", protocol, "card"), tmp_path)

    assert {
        "connectors/library.py",
        "schemas/library.py",
        "schemas/canonical/library_card.py",
        "mappings/library/card.yaml",
        "mappings/codes/library/status.csv",
        "mappings/codes/library/lists.yaml",
        "dags/library_sync.py",
        "tests/conformance/cases/library.py",
        "docs/registers/library.md",
    } <= set(written)
    assert ("sandbox_mocks/library/twin.py" in written) is (protocol in ("rest", "soap"))
    assert set(written) == {path for path in everything(tmp_path) if (tmp_path / path).is_file()}


@pytest.mark.parametrize("there", ["connectors/library.py", "docs/registers/library.md", "sandbox_mocks/library.py"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    """One file in the way, or a module that would be hidden, and nothing at all is written."""
    (tmp_path / there).parent.mkdir(parents=True)
    (tmp_path / there).write_text("ours")
    before = everything(tmp_path)

    with pytest.raises(FilesInTheWay, match=there):
        write(NewRegister("library", "rest", "card"), tmp_path)

    assert everything(tmp_path) == before
    assert (tmp_path / there).read_text() == "ours"


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """When a folder can't be made halfway, what was written before goes away again."""
    (tmp_path / "tests").write_text("a file where a folder is needed")
    before = everything(tmp_path)

    with pytest.raises(OSError):
        write(NewRegister("library", "files"), tmp_path)

    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    "name", ["Library", "1library", "thư_viện", "a b", "../x", "x" * 31, "", "class", "codes", "_x"]
)
def test_a_name_that_fits_nowhere_is_refused(name: str) -> None:
    """A name becomes a module, a setting and a folder: what can't be all three is refused with an example."""
    with pytest.raises(NameRefused):
        NewRegister(name, "rest")
    with pytest.raises(NameRefused):
        NewRegister("library", "rest", name)


@pytest.mark.parametrize("name", ["rest", "population", "wire"])
def test_a_module_of_the_kit_is_in_the_way(name: str) -> None:
    """A register can't take the name of a module that is there already."""
    register = NewRegister(name, "rest")

    assert any(path.endswith(f"{name}.py") for path in in_the_way(register, render(register)))
