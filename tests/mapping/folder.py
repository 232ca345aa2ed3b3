"""A folder of mappings that a test may change: one small correct mapping, with the project's own code lists."""

from __future__ import annotations

import shutil
from pathlib import Path

from hub.mapping.paths import MAPPINGS

SMALL = """\
mapping: population/small
version: 1
from: population.Citizen
to: canonical.CancelledNumber
fields:
  personal_id: {from: SoDinhDanh, then: [personal_id]}
  number_status: {const: cancelled}
  replaced_by: {from: SoDinhDanhThayThe, then: [personal_id]}
ignored:
  HoVaTen: of the person
  NgayThangNamSinh: of the person
  NoiDangKyKhaiSinh: of the person
  QueQuan: of the person
  ThuongTru: of the person
  NoiOHienTai: of the person
  Cha: of the person
  Me: of the person
  VoChong: of the person
  NguoiDaiDien: of the person
  ChuHo: of the person
  SoCMND: of the person
  GioiTinh: of the person
  DanToc: of the person
  TonGiao: of the person
  TinhTrangHonNhan: of the person
  NhomMau: of the person
  QuocTich: of the person
  SoSoHoKhau: of the person
  TrangThai: selects the mapping
  NgayChet: of the person
sample:
  as_of: 2026-11-02
  record: {SoDinhDanh: "100050000017"}
examples:
  - name: maps
    expect: {personal_id: "100050000017"}
  - name: refuses
    given: {SoDinhDanh: "1"}
    refuse: {field: personal_id, rule: format.personal_id}
"""

PERSON = """\
number_status: {from: TrangThai, codes: population/number_status}
  life_status: {from: TrangThai, codes: population/life_status}
  name.full: {join: [HoVaTen.Ho, HoVaTen.ChuDem, HoVaTen.Ten]}
  name.raw: {join: [HoVaTen.Ho, HoVaTen.ChuDem, HoVaTen.Ten]}
  gender: {from: GioiTinh, codes: population/gender}
  birth_date: {first: [NgayThangNamSinh.NgayThangNam, NgayThangNamSinh.Nam], then: [partial_date]}
  origin.commune: {from: QueQuan.MaPhuongXa}
  origin: {place: QueQuan}
"""
"""Rules that a person needs, two of which fill the same field."""


def folder(tmp_path: Path, text: str = SMALL) -> Path:
    """Writes one mapping, population/small, beside a copy of the real code lists."""
    shutil.copytree(MAPPINGS / "codes", tmp_path / "codes")
    (tmp_path / "population").mkdir()
    (tmp_path / "population" / "small.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def enterprises(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    """Copies the mappings of enterprises, which have lists, with some texts of the first replaced."""
    shutil.copytree(MAPPINGS / "codes", tmp_path / "codes")
    shutil.copytree(MAPPINGS / "business", tmp_path / "business")
    file = tmp_path / "business" / "enterprise.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return tmp_path


def changed(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    """Writes the small mapping with some texts replaced."""
    text = SMALL
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return folder(tmp_path, text)
