"""What `hub new connector` writes passes the checks of this repository, and says what to fill in."""

from __future__ import annotations

import shutil

import pytest

from hub.settings import ROOT
from tests.scaffold.repository import Repository

REGISTERS = {
    "library": ("rest", "card", "person"),
    "vessels": ("soap", "vessel", "organisation"),
    "receipts": ("files", "record", "person"),
    "land": ("sql", "parcel", "organisation"),
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A copy with one new register of each protocol."""
    copy = Repository.copy(tmp_path_factory.mktemp("repository"))
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", copy.root / ".mypy_cache")
    for name, (protocol, record, subject) in REGISTERS.items():
        options = ("--protocol", protocol, "--record", record, "--subject", subject)
        done = copy.hub("new", "connector", name, *options)
        assert done.returncode == 0, done.stderr
        assert f"`hub connector test {name}`" in done.stdout
    return copy


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "format", "--check", "."),
        ("ruff", "check", "."),
        ("mypy",),
        ("lint-imports",),
        ("python", "-m", "hub.cli", "mapping", "lint"),
        ("python", "-m", "hub.cli", "mapping", "test"),
    ],
    ids=" ".join,
)
def test_what_is_written_passes_the_checks(repository: Repository, command: tuple[str, ...]) -> None:
    """Each part of `make check` passes over the new files of all four protocols."""
    done = repository.run(*command)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", REGISTERS)
def test_the_conformance_run_says_what_to_fill_in(repository: Repository, name: str) -> None:
    """Every rule is kept against the written twin; what is left is a list of places in order, and the exit tells it."""
    done = repository.hub("connector", "test", name)

    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert f"things of {name} are to be filled in, and 0 rules are broken" in done.stderr
    assert " rules kept, 0 broken, " in done.stdout
    steps = [line for line in done.stdout.splitlines() if line.lstrip()[:1].isdecimal()]
    assert [int(step.split(".")[0]) for step in steps] == list(range(1, len(steps) + 1))
    places = [step.split(". ", 1)[1].partition(":")[0] for step in steps]
    assert places[0] == f"docs/registers/{name}.md"
    assert places.index(f"schemas/{name}.py") < places.index(f"connectors/{name}.py")
    assert places[-1].startswith(f"mappings/{name}/")


@pytest.mark.parametrize("name", REGISTERS)
def test_an_open_example_is_told_by_name(repository: Repository, name: str) -> None:
    """The test of one mapping fails as long as its example waits, and says what it waits for."""
    done = repository.hub("mapping", "test", f"{name}/{REGISTERS[name][1]}")

    assert done.returncode == 1
    assert "waits: lay the odd values of a real record" in done.stdout


def test_a_dry_run_writes_nothing(repository: Repository) -> None:
    """The list of files comes without the files."""
    before = {path for path in repository.root.rglob("*") if "cache" not in str(path)}

    done = repository.hub("new", "connector", "museum", "--protocol", "rest", "--dry-run")

    assert done.returncode == 0
    assert "would write connectors/museum.py" in done.stdout
    assert {path for path in repository.root.rglob("*") if "cache" not in str(path)} == before


def test_the_same_again_is_refused(repository: Repository) -> None:
    """A second call names what is there, and changes nothing."""
    before = (repository.root / "connectors" / "library.py").read_text()

    done = repository.hub("new", "connector", "library", "--protocol", "soap")

    assert done.returncode == 1
    assert "nothing was written, for these are there already: connectors/library.py" in done.stderr
    assert (repository.root / "connectors" / "library.py").read_text() == before


def test_check_says_what_is_missing(repository: Repository) -> None:
    """Without settings, the check of a register says which to make; parts that are there are named with their files."""
    done = repository.hub("connector", "check", "library")

    assert done.returncode == 1
    assert "set HUB_REGISTERS__LIBRARY__URL" in done.stdout
    assert "dags/library_sync.py" in done.stdout


def test_a_wsdl_is_what_soap_alone_has(repository: Repository) -> None:
    """The comparison of a register without a WSDL says what to do instead."""
    done = repository.hub("connector", "diff", "library")

    assert done.returncode == 1
    assert "`hub connector read library`" in done.stderr
