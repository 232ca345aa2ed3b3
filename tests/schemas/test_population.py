import pytest
from pydantic import ValidationError

from schemas.drift import unknown_fields, validate_known
from schemas.population import Citizen, CongDanNhanThan, HoVaTen, KetQuaXacThuc


def test_absent_empty_and_null() -> None:
    """An element may be absent, empty or null, alone and as a whole."""
    citizen = Citizen.model_validate(
        {"SoCMND": "", "GioiTinh": None, "Cha": "", "Me": None, "ThuongTru": {"ChiTiet": ""}}
    )

    assert citizen.SoDinhDanh is None
    assert citizen.Cha == ""
    assert citizen.ThuongTru
    assert citizen.ThuongTru.MaTinhThanh is None


def test_name_as_text_or_parts() -> None:
    """A name arrives as one string or in parts, of the citizen and of relatives alike."""
    citizen = Citizen.model_validate({"HoVaTen": "Nguyễn Văn An", "Cha": {"HoVaTen": {"Ho": "Nguyễn", "Ten": "Bình"}}})

    assert citizen.HoVaTen == "Nguyễn Văn An"
    assert citizen.Cha
    assert HoVaTen(Ho="Nguyễn", Ten="Bình") == citizen.Cha.HoVaTen


@pytest.mark.parametrize("value", ["19500321", -623491200000, 0])
def test_birth_date_as_text_or_milliseconds(value: str | int) -> None:
    """A birth date arrives as digits or as a whole number of milliseconds, and keeps its type."""
    citizen = Citizen.model_validate({"NgayThangNamSinh": {"NgayThangNam": value}})

    assert citizen.NgayThangNamSinh
    assert value == citizen.NgayThangNamSinh.NgayThangNam


@pytest.mark.parametrize(
    "raw",
    [
        {"GioiTinh": 1},
        {"NgayThangNamSinh": {"NgayThangNam": True}},
        {"NgayThangNamSinh": {"NgayThangNam": 1.5}},
        {"ThuongTru": []},
        {"Cha": "Nguyễn Văn Bình"},
        {"HoVaTen": {"Ho": ["Nguyễn"]}},
    ],
)
def test_malformed_shows_no_value(raw: dict[str, object]) -> None:
    """What the system is not known to send is refused, and the error shows no value."""
    with pytest.raises(ValidationError) as caught:
        Citizen.model_validate(raw)

    assert "Nguyễn" not in str(caught.value)


def test_drift_is_listed_by_path() -> None:
    """Unknown fields are listed by path, at any depth, without values; a key that is no field name is hidden."""
    raw = {"SoDinhDanh": "1", "Moi": "x", "ThuongTru": {"MaMoi": "y"}, "Cha": {"HoVaTen": {"X": "z"}}, "Nguyễn An 1": 1}

    assert unknown_fields(raw, Citizen) == ["?", "Cha.HoVaTen.X", "Moi", "ThuongTru.MaMoi"]


def test_drift_inside_a_list() -> None:
    """Unknown fields are found in every item of a list."""
    assert unknown_fields({"Con": [{"HoVaTen": "A"}, {"Moi": 1}]}, CongDanNhanThan) == ["Con.Moi"]


@pytest.mark.parametrize("raw", [None, "text", 5, [], {"ThuongTru": "text"}])
def test_drift_of_odd_shapes(raw: object) -> None:
    """What is no record has no unknown fields."""
    assert unknown_fields(raw, Citizen) == []


def test_unknown_field_is_refused_unless_it_evolves() -> None:
    """An unknown field is refused; the policy evolve reads the record without it and still checks the rest."""
    raw = {"SoDinhDanh": "100050000017", "ThuongTru": {"ChiTiet": "Số 5", "MaMoi": "y"}}

    with pytest.raises(ValidationError):
        Citizen.model_validate(raw)
    citizen = validate_known(raw, Citizen)

    assert citizen.ThuongTru
    assert citizen.ThuongTru.ChiTiet == "Số 5"
    with pytest.raises(ValidationError):
        validate_known({**raw, "GioiTinh": 1}, Citizen)


@pytest.mark.parametrize(
    ("answer", "expected"), [("true", True), ("TRUE", True), (" 1 ", True), ("false", False), ("0", False)]
)
def test_verification_answer(answer: str, expected: bool) -> None:
    """The verification answer is a text that means yes or no."""
    assert expected is KetQuaXacThuc(TonTai=answer).confirmed


@pytest.mark.parametrize("answer", ["", " ", "null", "có", "true false"])
def test_verification_answer_that_says_nothing(answer: str) -> None:
    """A text that means neither yes nor no is refused: above all it is no "no"."""
    with pytest.raises(ValidationError):
        KetQuaXacThuc(TonTai=answer)


def test_kinship_children() -> None:
    """The kinship answer lists children with structured names."""
    answer = CongDanNhanThan.model_validate({"SoDinhDanh": "100050000017", "Con": [{"HoVaTen": {"Ten": "Chi"}}]})

    assert [HoVaTen(Ten="Chi")] == [child.HoVaTen for child in answer.Con]
