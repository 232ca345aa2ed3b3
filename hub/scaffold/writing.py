"""Renders the templates of a new register and writes them, all or none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.scaffold.register import NewRegister
from hub.settings import ROOT

_TEMPLATES = Path(__file__).with_name("templates")


class FilesInTheWay(Exception):
    """A file that would be written is there already, or its module would hide another; nothing was written."""


def render(register: NewRegister) -> dict[str, str]:
    """Returns the contents of every file of a new register, by path below the repository."""
    # These are sources and no pages: there is nothing to escape.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    words = register.words()

    def rendered(template: str) -> str:
        return environment.get_template(template).render(**words, render=rendered, sha256=_digest)

    found: dict[str, str] = {}
    for folder in ("all", register.protocol):
        for file in sorted((_TEMPLATES / folder).rglob("*.j2")):
            path = file.relative_to(_TEMPLATES / folder).with_suffix("").as_posix()
            path = path.replace("NAME", register.name).replace("RECORD", register.record)
            found[path] = rendered(file.relative_to(_TEMPLATES).as_posix())
    return dict(sorted(found.items()))


def in_the_way(register: NewRegister, paths: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """Lists what stands where a new register would: files, and modules that its own would hide."""
    name = register.name
    packages = [root / room / name for room in ("connectors", "schemas", "sandbox_mocks", "mappings", "mappings/codes")]
    modules = [root / "sandbox_mocks" / f"{name}.py"]
    taken = [path for path in (*map(root.joinpath, paths), *packages, *modules) if path.exists() or path.is_symlink()]
    return sorted({path.relative_to(root).as_posix() for path in taken})


def write(register: NewRegister, root: Path = ROOT) -> list[str]:
    """Writes every file of a new register, or none of them, and returns their paths.

    Raises:
        FilesInTheWay: something stands there already.
        OSError: a file can't be written; those that were are taken away again.
    """
    files = render(register)
    if taken := in_the_way(register, files, root):
        raise FilesInTheWay(
            f"nothing was written, for these are there already: {', '.join(taken)}; choose another name, or move them"
        )
    written: list[Path] = []
    made: list[Path] = []
    try:
        for path, content in files.items():
            target = root / path
            missing = [folder for folder in target.parents if not folder.exists()]
            for folder in reversed(missing):
                folder.mkdir()
                made.append(folder)
            # `x`: what somebody else wrote meanwhile is not overwritten either.
            with target.open("x", encoding="utf-8", newline="\n") as file:
                written.append(target)
                file.write(content)
        _put_in_style(written, root)
    except BaseException:
        for target in written:
            target.unlink(missing_ok=True)
        for folder in reversed(made):
            folder.rmdir()
        raise
    return list(files)


def _put_in_style(files: Sequence[Path], root: Path) -> None:
    """Sorts imports and breaks lines, which depend on how long the names are, as `make format` does.

    Where the tools of development are not installed, files stay as the templates have them.
    """
    ruff = shutil.which("ruff", path=Path(sys.executable).parent.as_posix())
    names = [file.as_posix() for file in files if file.suffix == ".py"]
    for action in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]) if ruff else ():
        subprocess.run([ruff or "", *action, *names], cwd=root, check=False)  # noqa: S603


def _digest(content: str) -> str:
    return sha256(content.encode()).hexdigest()
