"""Logging in to Airflow while it starts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hub.demo.airflow import password_of
from hub.demo.errors import DemoFailed


def test_a_password_is_waited_for_while_its_file_is_written(tmp_path: Path) -> None:
    """A file that is not there, empty or cut short is read again until it is whole."""
    file = tmp_path / "passwords.json"
    file.write_text('{"adm')
    writer = threading.Timer(0.5, lambda: file.write_text('{"admin": "secret"}'))
    writer.start()

    assert password_of(file, "admin") == "secret"
    writer.join()


@pytest.mark.parametrize("content", [None, "", '{"other": "x"}', "[]"])
def test_a_password_that_never_comes_is_told(tmp_path: Path, content: str | None) -> None:
    """After its time the story ends with where it looked."""
    file = tmp_path / "passwords.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(DemoFailed, match=r"no password of admin into .*passwords\.json"):
        password_of(file, "admin", seconds=0)
