from pathlib import Path

import pytest

from hub.mapping import MappingError, UnknownName, load_compiled
from hub.mapping.source import read_yaml
from tests.mapping.folder import changed, folder


def read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "file.yaml"
    file.write_text(text, encoding="utf-8")
    return read_yaml(file).data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01", "01"),
        ("NO", "NO"),
        ("2025-07-01", "2025-07-01"),
        ("1:30", "1:30"),
        ("-5", -5),
        ("0", 0),
        ("'5'", "5"),
        ("true", True),
        ("null", None),
        ("''", ""),
    ],
)
def test_scalars(tmp_path: Path, text: str, expected: object) -> None:
    """A scalar is a text unless it is a whole number, true, false or null: codes keep their zeros."""
    assert read(tmp_path, f"key: {text}") == {"key": expected}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("personal_id: {from: SoDinhDanh,", "personal_id: {form: SoDinhDanh,", r"small\.yaml:6: .*did you mean from\?"),
        ("fields:", "feilds:", r"small\.yaml:5: feilds is not known here; did you mean fields\?"),
        ("version: 1", "version: one", r"small\.yaml:2: version"),
        ("const: cancelled", "const: cancelled, from: TrangThai", r"small\.yaml:7: .*exactly one of"),
        ("const: cancelled", "const: cancelled, default: x", r"small\.yaml:7: .*stand without"),
        (
            "from: population.Citizen",
            "from: population.Citizens",
            r"small\.yaml:3: .*did you mean population\.Citizen\?",
        ),
        ("to: canonical.CancelledNumber", "to: canonical.Nobody", r"small\.yaml:4: .*is no model"),
        ("mapping: population/small", "mapping: population/other", r"small\.yaml:1: the file is population/small"),
        ("version: 1", "version: 1\nversion: 2", r"small\.yaml:3: version stands twice"),
    ],
)
def test_wrong_shape(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A key or value that the format does not know is told with its line and the word that was probably meant."""
    with pytest.raises(MappingError, match=message):
        load_compiled("population/small", changed(tmp_path, (old, new)))


def test_unknown_mapping(tmp_path: Path) -> None:
    """Asking for a mapping that does not exist names the nearest one."""
    with pytest.raises(UnknownName, match="did you mean population/small"):
        load_compiled("population/smal", folder(tmp_path))


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is a mapping error, not a traceback of the file system."""
    with pytest.raises(MappingError, match="can't be read"):
        read_yaml(tmp_path / "none.yaml")
