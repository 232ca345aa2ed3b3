"""The contestant of `bench/mapping.py`: what `mappings/population/citizen.yaml` says, written by hand in Python.

It uses the same code lists, the same gazetteer and the same checks of numbers and dates, and gives the same record or
refuses the same ones. It says neither which field it refused nor what it repaired, which the hub must.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from hub.mapping.codes import load_code_list
from hub.mapping.places import LISTS, Gazetteer, reading_places
from hub.mapping.transforms import Refused, former_id, partial_date, personal_id
from schemas.population import Citizen, DiaChi, NguoiThan

_INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff\u00ad")


def clean(text: str) -> str:
    """Mends spaces, composition and the letter Đ of a text; most need nothing."""
    if "  " in text or not text.isprintable() or text.strip() is not text:
        text = " ".join(text.translate(_INVISIBLE).split())
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if "\u00d0" in text or "\u00f0" in text:
        text = text.replace("\u00d0", "\u0110").replace("\u00f0", "\u0111")
    return text


def joined(name: Any) -> str:
    """Returns a name in one text, as it was sent."""
    if not name or isinstance(name, str):
        return name or ""
    return " ".join(filter(None, (name.Ho, name.ChuDem, name.Ten)))


def code_table(name: str, day: date) -> Callable[[str], str]:
    """Returns what reads the codes of a list as it stands on a day."""
    codes = load_code_list(name)
    table = {code: row.meaning for code, row in codes.at(day).items()}

    def read(code: str) -> str:
        found = table.get(code)
        if found is not None:
            return found
        code = code.strip()
        if not code or code in table:
            return table.get(code, "")
        if codes.coverage == "complete":
            raise Refused("code.unknown")
        return code if codes.coverage == "open" else ""

    return read


def make_citizen(day: date) -> Callable[[Citizen], dict[str, Any]]:
    """Returns the function from a wire record to a canonical one; it raises Refused for a record that has no such."""
    number_status, life_status, gender, marital, relationship = (
        code_table(f"population/{name}", day)
        for name in ("number_status", "life_status", "gender", "marital", "relationship")
    )
    ethnic, country = code_table("admin/ethnic", day), code_table("admin/country", day)
    gazetteer = Gazetteer(day, *(load_code_list(name) for name in LISTS))
    places = {key: reading_places(gazetteer, key) for key in _ADDRESSES}

    def address(record: dict[str, Any], key: str, sent: DiaChi | str | None) -> None:
        if not sent or isinstance(sent, str):
            return
        refused: list[Any] = []
        places[key](sent.__dict__, record, refused)
        if refused:
            raise Refused(refused[0].rule)
        if sent.ChiTiet:
            record[f"{key}.detail"] = clean(sent.ChiTiet)
        if sent.QuocGia:
            record[f"{key}.country"] = country(sent.QuocGia)

    def relative(record: dict[str, Any], key: str, sent: NguoiThan | str | None) -> None:
        if not sent or isinstance(sent, str):
            return
        if sent.HoVaTen:
            record[f"{key}.name"] = clean(joined(sent.HoVaTen))
        if sent.SoDinhDanh:
            record[f"{key}.personal_id"] = personal_id(sent.SoDinhDanh)
        if sent.SoCMND:
            record[f"{key}.former_id"] = former_id(sent.SoCMND)
        if sent.QuocTich:
            record[f"{key}.nationality"] = country(sent.QuocTich)

    def citizen(wire: Citizen) -> dict[str, Any]:
        if wire.TrangThai == "2":
            cancelled = {
                "personal_id": personal_id(wire.SoDinhDanh or ""),
                "number_status": "cancelled",
                "replaced_by": personal_id(wire.SoDinhDanhThayThe or ""),
            }
            if not cancelled["personal_id"]:
                raise Refused("field.required")
            return {key: value for key, value in cancelled.items() if value}
        name, birth = wire.HoVaTen, wire.NgayThangNamSinh
        raw = joined(name)
        record: dict[str, Any] = {
            "personal_id": personal_id(wire.SoDinhDanh or ""),
            "number_status": number_status(wire.TrangThai or ""),
            "name.full": clean(raw),
            "name.raw": raw,
            "life_status": life_status(wire.TrangThai or ""),
        }
        sent: Any = (birth.NgayThangNam, birth.Nam) if birth and not isinstance(birth, str) else (None, None)
        sent = sent[1] if sent[0] in (None, "") else sent[0]
        record["birth_date"] = partial_date(sent) if sent not in (None, "") else ""
        if not all(record.values()):
            raise Refused("field.required")
        if name and not isinstance(name, str) and name.Ho:
            record["name.family"] = clean(name.Ho)
            record["name.middle"] = clean(name.ChuDem or "")
            record["name.given"] = clean(name.Ten or "")
        record["former_id"] = former_id(wire.SoCMND or "")
        record["gender"] = gender(wire.GioiTinh or "")
        record["deceased_on"] = partial_date(wire.NgayChet) if wire.NgayChet else ""
        record["ethnicity"] = ethnic(wire.DanToc or "")
        record["nationality"] = country(wire.QuocTich or "")
        record["marital_status"] = marital(wire.TinhTrangHonNhan or "")
        address(record, "birth_registration", wire.NoiDangKyKhaiSinh)
        address(record, "origin", wire.QueQuan)
        address(record, "residence", wire.ThuongTru)
        address(record, "current_residence", wire.NoiOHienTai)
        relative(record, "father", wire.Cha)
        relative(record, "mother", wire.Me)
        relative(record, "spouse", wire.VoChong)
        relative(record, "representative", wire.NguoiDaiDien)
        head = wire.ChuHo
        if head and not isinstance(head, str):
            record["household.relationship"] = relationship(head.QuanHe or "")
            record["household.personal_id"] = personal_id(head.SoDinhDanh or "")
            record["household.former_id"] = former_id(head.SoCMND or "")
            record["household.name"] = clean(joined(head.HoVaTen))
        return {key: value for key, value in record.items() if value}

    return citizen


_ADDRESSES = ("birth_registration", "origin", "residence", "current_residence")
