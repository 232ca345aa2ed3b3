"""Wire models of the national population database (CSDLQG về dân cư): field names exactly as the source spells them.

Any element may be absent, empty or null. Fields that the source is not known to send are drift: the models refuse
them, and `schemas.drift` lists and handles them. A ValidationError of these models shows no value.

TrangThai, NgayChet and SoDinhDanhThayThe are assumed: no public source shows how the register announces a death or a
cancelled number. The rest was seen in public clients of the service and in QCVN 109:2017/BTTTT.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StrictInt

from schemas.wire import Blank, Text, Wire


class HoVaTen(Wire):
    """A name in parts; the lookup service often puts the whole of it into Ten."""

    text_part: ClassVar[str | None] = "Ten"

    Ho: Text = None
    ChuDem: Text = None
    Ten: Text = None


class NgayThangNamSinh(Wire):
    """A birth date: the year alone, or yyyyMMdd, or epoch milliseconds of midnight in Viet Nam."""

    Nam: Text = None
    NgayThangNam: Annotated[str | StrictInt | None, Field(union_mode="left_to_right")] = None


class DiaChi(Wire):
    """An address; MaQuanHuyen comes only with codes of before July 2025, when the district level ended."""

    MaTinhThanh: Text = None
    MaQuanHuyen: Text = None
    MaPhuongXa: Text = None
    ChiTiet: Text = None
    QuocGia: Text = None


Name = Annotated[HoVaTen | str | None, Field(union_mode="left_to_right")]
NameText = Annotated[str | HoVaTen | None, Field(union_mode="left_to_right")]


class NguoiThan(Wire):
    """A relative as the lookup and the feed name one."""

    HoVaTen: NameText = None
    QuocTich: Text = None
    SoDinhDanh: Text = None
    SoCMND: Text = None


class ChuHo(Wire):
    """The head of the household, and how the citizen is related to that person (CH01: is the head)."""

    QuanHe: Text = None
    SoDinhDanh: Text = None
    SoCMND: Text = None
    HoVaTen: NameText = None


Birth = Annotated[NgayThangNamSinh | Blank | None, Field(union_mode="left_to_right")]
Address = Annotated[DiaChi | Blank | None, Field(union_mode="left_to_right")]
Relative = Annotated[NguoiThan | Blank | None, Field(union_mode="left_to_right")]
Household = Annotated[ChuHo | Blank | None, Field(union_mode="left_to_right")]


class Citizen(Wire):
    """One citizen, from the lookup (XML) or from the body of a feed entry (JSON)."""

    SoDinhDanh: Text = None
    SoCMND: Text = None
    HoVaTen: Name = None
    GioiTinh: Text = None
    DanToc: Text = None
    TonGiao: Text = None
    TinhTrangHonNhan: Text = None
    NhomMau: Text = None
    NgayThangNamSinh: Birth = None
    NoiDangKyKhaiSinh: Address = None
    QuocTich: Text = None
    QueQuan: Address = None
    ThuongTru: Address = None
    NoiOHienTai: Address = None
    Cha: Relative = None
    Me: Relative = None
    VoChong: Relative = None
    NguoiDaiDien: Relative = None
    ChuHo: Household = None
    SoSoHoKhau: Text = None
    TrangThai: Text = None
    NgayChet: Text = None
    SoDinhDanhThayThe: Text = None


class NhanThan(Wire):
    """A relative as the kinship service names one."""

    HoVaTen: Name = None
    SoDinhDanh: Text = None
    QuocTich: Text = None


Kin = Annotated[NhanThan | Blank | None, Field(union_mode="left_to_right")]


class CongDanNhanThan(Wire):
    """A citizen's closest relatives, as the kinship service answers."""

    SoDinhDanh: Text = None
    HoVaTen: Name = None
    Cha: Kin = None
    Me: Kin = None
    VoChong: Kin = None
    Con: list[NhanThan] = Field(default_factory=list)


class KetQuaXacThuc(Wire):
    """The answer of the verification service: whether number, name and birth date belong together.

    TonTai is a boolean as XML writes one; anything else, an empty text too, is no answer and above all no "no".
    """

    TonTai: Annotated[str, Field(pattern=r"^\s*(?i:true|false|1|0)\s*$")]
    ThoiDiemDuLieu: Text = None

    @property
    def confirmed(self) -> bool:
        """Whether the register holds exactly the person that was claimed."""
        return self.TonTai.strip().lower() in ("true", "1")


class KhoaCongDan(Wire):
    """One entry of the key list (Loai=KHOA): a number that exists, without its content."""

    SoDinhDanh: str
    ThoiDiemDuLieu: StrictInt
    TrangThai: Text = None
