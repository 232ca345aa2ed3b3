"""Names: what real ones look like, in all their variety, and what damage looks like."""

from __future__ import annotations

import unicodedata

import pytest

from hub.quality.examples import GOOD_RECORD, GOOD_VERSION, patched
from hub.quality.legacy_encoding import is_legacy, is_mojibake
from hub.quality.rules import row_findings
from hub.quality.syllables import is_syllable
from tests.quality.people import FAMILIES, GIVENS, MIDDLES

# Syllables of Kinh names, beside those of the generator.
_MORE = """
Cao Châu Tôn Quách Lưu Nghiêm Triệu Hứa Khổng Giáp Kiều Từ Chu Lương Thái Tạ Hà Tô Mai Phùng Lâm Đinh Trương Thùy Thúy
Thuỷ Ánh Ân Bằng Chính Chung Duy Điệp Đông Đồng Đại Đăng Hậu Hiền Hiệp Hoà Hóa Hoài Hoàn Hưng Hường Huy Huyền Khang Khôi
Kiên Loan Lộc Lợi Luân Mạnh Mẫn My Ngân Nghĩa Nguyên Nguyệt Nhân Nhàn Như Oanh Phát Phú Phước Quý Quyên Quyết Sinh Sáng
Tài Tân Tấn Thành Thắng Thế Thiện Thoa Thuận Thuý Thương Thư Tiến Tín Toàn Trí Trinh Trọng Trung Trường Tú Tuệ Tùng
Tuyết Út Vân Việt Vượng Vy Xoan Ý Bé Bảy Tám Mười Sáu Tư Lành Ngoan Hiên Thơm Thêm Chắt Gái Đẹp Khuê Khuyên Nhuần Nguyện
"""
# Words of highland, Khmer, Cham and Hoa names as registers write them.
_HIGHLAND = """
H'Hen Niê Kdăm H'Bia Êban Mlô Y-Blô Ksơr Hmôk Buôn_Yă Byă Kbuôr Ayŭn Rcăm Knul Bkrông Ktla Mjâo Ñuê Siu Rah_Lan Rcom
Nay Ksor Rmah Kpuih Rơ_Châm Rơ_Mah Rơ_Ông K'Brêu K'Sơr Kơ_Să Cil Bon_Niêng Liêng_Hot Lơ_Mu Đa_Cát Păng_Ting Jơ_Lâu
Pơloong Bhling Zơrâm A_Lăng Arất Coor Bríu Riah Ating Hốih Ta_Ngôn Hồ_Văn Giàng_A_Páo Vàng_Seo_Dìn Thào_Mí_Của Sùng
Lò_Văn_Ếch Hờ_A_Chía Mùa Tẩn_Láo_Tả Phàn Chảo_Ông_Sỉnh Pờ Lý_Xè Giá_Xú_Hờ Vừ_Mí_Já Hạng Ma_Seo_Gìa Lềnh Khoàng Tráng
Lù Lèng Sình Kháng Lầu Bế Sầm Mễ Thạch_Sà_Rây Danh_Sơl Sóc_Kha Đàng_Năng_Quạ Châu_Phiếp Chamaléa_Katơr
Patâu_Axá Pi_Năng Pinăng_Tà_Yên Hrê Mơ_Nông Xơ_Đăng Điểu_K'Rứt Thị_Brôi Đinh_Yăm Brôl U_Nuk Y_Thim Mấu Cao_Xiêng Đrung
"""
_FOREIGN = "José García Müller François Zoë Noël André Peña Núñez Björn Søren Åse Łukasz Šimon O'Brien Anne-Marie"
_KINH = [*FAMILIES, *MIDDLES, *GIVENS, *_MORE.split()]
_OTHERS = [*(words.replace("_", " ") for words in _HIGHLAND.split()), *_FOREIGN.split()]

# TCVN 5712:1993 as its bytes look in Latin-1, and VNI, of common names.
_TCVN3 = """
NguyÔn_V¨n_An TrÇn_ThÞ_B×nh Lª_Hoµng Ph¹m_§øc_¸nh §ç_ThÞ_Lan Vò_V¨n_Hïng Vâ_ThÞ_Hång §Æng_Minh_TuÊn Hrª TrÇn_Phó Vò_Minh
"""
_VNI = """
Nguyeãn_Vaên_An Traàn_Thò_Bình Leâ_Hoaøng Phaïm_Ñöùc_AÙnh Ñoã_Thò_Lan Vuõ_Vaên_Huøng Voõ_Thò_Hoàng Ñaëng_Minh_Tuaán
"""


def _rules_of(name: str, raw: str | None = None) -> list[str]:
    record = patched(GOOD_RECORD, {"name.full": name, "name.raw": raw or name})
    return [each.rule for each in row_findings(record, GOOD_VERSION)]


def test_names_of_all_peoples_are_good():
    """None of some hundred thousand invented Kinh, highland, Khmer, Cham and foreign names is taken for damage."""
    wrong = [word for word in [*_KINH, *_OTHERS] if is_legacy(word)]
    names = [f"{first} {middle} {last}" for first in FAMILIES for middle in [*_KINH, *_OTHERS] for last in _OTHERS[:20]]
    names += [f"{first} {middle} {last}" for first in _OTHERS for middle in ("", "Thị", "Văn") for last in _KINH]

    assert wrong == []
    assert len(names) > 80_000
    assert [name for name in names if _rules_of(" ".join(name.split()))] == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_case_and_form_are_no_damage(form, case):
    """Capitals, small letters and decomposed accents are no dead encoding."""
    names = [
        f"{family} {middle} {given}" for family in FAMILIES for middle, given in zip(MIDDLES, GIVENS, strict=False)
    ]

    assert [name for name in names if _rules_of(case(name), unicodedata.normalize(form, case(name)))] == []


@pytest.mark.parametrize("name", [*_TCVN3.split(), *_VNI.split()])
def test_dead_encodings_are_found(name):
    """A name in TCVN3 or VNI is found, whichever letters it happens to have."""
    assert _rules_of(name.replace("_", " ")) == ["text.legacy_encoding"]


def test_diaeresis_of_a_french_name():
    """A French diaeresis passes beside a Vietnamese accent; alone it can't be told from VNI and goes to a steward."""
    assert _rules_of("Lê Loïc") == []
    assert _rules_of("Nguyễn Maï Lan") == []
    assert _rules_of("Loïc") == ["text.legacy_encoding"]


def test_repairs_do_not_hide_a_dead_encoding():
    """The name as it was sent is judged: a repaired eth or soft hyphen may have eaten what gave the encoding away."""
    assert _rules_of("Phïng ThÞ BĐ", "Phïng ThÞ B\u00d0") == ["text.legacy_encoding"]
    assert _rules_of("Đỗ Văn An", "\u00d0ỗ Văn An") == []


@pytest.mark.parametrize("name", ["Nguyễn Văn Đạt", "Lê Thị Hằng", "Võ Đức Huệ"])
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_mojibake_is_found(name, encoding):
    """UTF-8 that was read in a Western encoding is found."""
    damaged = "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in name.encode())

    assert is_mojibake(damaged)
    assert _rules_of(damaged) == ["text.mojibake"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("null", "text.null_literal"),
        ("Nguyễn Văn Null", "text.null_literal"),
        ("KHÔNG RÕ", "text.null_literal"),
        ("-", "text.null_literal"),
        ("Ng?y?n", "text.lost_letters"),
        ("Nguy\ufffdn Văn An", "text.lost_letters"),
        ("Nguyễn\u202eVăn An", "text.forbidden_character"),
        ("=HYPERLINK(1)", "text.forbidden_character"),
        ("Nguyễn Văn An 1980", "text.digits_in_name"),
        ("Nguyễn V\u0435n An", "text.mixed_script"),
    ],
)
def test_damage_of_other_kinds_is_found(name, rule):
    """Each kind of damage has its own rule, and only that one speaks."""
    assert _rules_of(name) == [rule]


def test_names_of_relatives_are_judged():
    """A relative's damaged name is found under the relative's field."""
    record = patched(GOOD_RECORD, {"father.name": "Null", "mother.name": "TrÇn ThÞ Chi"})

    assert {("text.null_literal", "father.name"), ("text.legacy_encoding", "mother.name")} == {
        (each.rule, each.field) for each in row_findings(record, GOOD_VERSION)
    }


def test_same_name_is_judged_alike_twice():
    """What was seen before does not change the verdict: a clean name stays clean, a damaged one damaged."""
    assert [_rules_of("Không"), _rules_of("Không Văn An"), _rules_of("Không")] == [
        ["text.null_literal"],
        [],
        ["text.null_literal"],
    ]


@pytest.mark.parametrize("word", ["Nguyễn", "quỳnh", "gìn", "Khuya", "Hoà", "Hòa", "yến", "ươm"])
def test_syllables(word):
    """Vietnamese syllables are known as such, in both habits of placing the tone."""
    assert is_syllable(word, tone_in_place=True)


@pytest.mark.parametrize("word", ["Nguyôn", "vâ", "Hmông", "cảt", "strô", "", "nguyễñ"])
def test_what_is_no_syllable(word):
    """Impossible onsets, rimes and tones are known as such."""
    assert not is_syllable(word)
