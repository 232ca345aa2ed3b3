"""Row rules on the names in an enterprise's record: its own, its owners' and its representatives'.

A representative is a person, so that the rules on people's names hold. An enterprise may have digits and signs in its
name, and an owner may be either: both are held to less. Each name breaks at most one rule of severity quarantine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from hub.quality.enterprise import EnterpriseView
from hub.quality.legacy_encoding import is_legacy, is_mojibake
from hub.quality.row_text import has_control_character, name_fault, names_nothing
from hub.quality.rule import ErrorGroup, Fields, RowCheck, Rule, Severity, Wording, row_rule

_FIELDS: Final = ("name.full", "members.name", "representatives.name")
_ENCODING: Final = "text.enterprise_encoding"
_NULL: Final = "text.enterprise_null_name"
_LOST: Final = "text.enterprise_lost_letters"
_FORBIDDEN: Final = "text.enterprise_forbidden_character"
_OF_PERSONS: Final = {
    "text.mojibake": _ENCODING,
    "text.legacy_encoding": _ENCODING,
    "text.null_literal": _NULL,
    "text.lost_letters": _LOST,
    "text.forbidden_character": _FORBIDDEN,
    "text.digits_in_name": _FORBIDDEN,
    "text.mixed_script": _FORBIDDEN,
}
# A name may end in a question mark; one inside a word, or two together, stand for letters.
_LOST_LETTERS: Final = re.compile(r"[^\W\d]\?[^\W\d]|\?\?|[\ufffd\u25a1]")
_SIGNS_OF_CODE: Final = frozenset("<>{}|\\^")

_clean_words: Final[set[str]] = set()
_MOST_CLEAN_WORDS: Final = 100_000


def _faults(enterprise: EnterpriseView) -> dict[str, Fields]:
    """Returns which names of a record break which rule, by rule id, and keeps it with the record."""
    faults = enterprise.faults
    if faults is None:
        faults = enterprise.faults = {}
        for field, broken in _broken_names(enterprise):
            if field not in faults.get(broken, ()):
                faults[broken] = (*faults.get(broken, ()), field)
    return faults


def _broken_names(enterprise: EnterpriseView) -> Iterator[tuple[str, str]]:
    full = enterprise.get("name.full", "")
    broken = _fault(full, enterprise.get("name.raw") or full)
    if broken is not None:
        yield "name.full", broken
    for member in enterprise.members:
        name = member.get("name", "")
        broken = _fault(name, name)
        if broken is not None:
            yield "members.name", broken
    for person in enterprise.representatives:
        name = person.get("name", "")
        broken = name_fault(name, name)
        if broken is not None:
            yield "representatives.name", _OF_PERSONS[broken]


def _fault(name: str, raw: str) -> str | None:
    """Names the rule that an enterprise's or an owner's name breaks."""
    if not name:
        return None
    if names_nothing(name):
        return _NULL
    # Numbers are kept out of the words that were seen: nearly every enterprise has one of its own.
    unknown = [word for word in raw.split() if word not in _clean_words and not (word.isascii() and word.isalnum())]
    if not unknown:
        return None
    composed = unicodedata.normalize("NFC", raw)
    if is_mojibake(composed) or is_legacy(composed):
        return _ENCODING
    if _LOST_LETTERS.search(composed):
        return _LOST
    if not _SIGNS_OF_CODE.isdisjoint(name) or has_control_character(name):
        return _FORBIDDEN
    if len(_clean_words) < _MOST_CLEAN_WORDS:
        # A word that is an old encoding by itself may be clean beside others.
        _clean_words.update(word for word in unknown if not is_legacy(unicodedata.normalize("NFC", word)))
    return None


def _upper_case(enterprise: EnterpriseView) -> Fields:
    found: Fields = ("name.full",) if _shouts(enterprise.get("name.full", "")) else ()
    if any(_shouts(person.get("name", "")) for person in enterprise.representatives):
        found += ("representatives.name",)
    return found


def _shouts(name: str) -> bool:
    """Whether a name is in capitals; programs that know ASCII alone leave the accented letters small (`NGUYễN`)."""
    if any("a" <= char <= "z" for char in name) or names_nothing(name):
        return False
    return any(char.isupper() for word in name.split() for char in word[1:])


def _breaks(rule_id: str) -> RowCheck:
    def check(enterprise: EnterpriseView) -> Fields:
        return _faults(enterprise).get(rule_id, ())

    return check


def _name_rule(
    rule_id: str, group: ErrorGroup, vi: tuple[str, str], en: tuple[str, str], source: str, name: str
) -> Rule:
    return row_rule(
        rule_id,
        group,
        Severity.QUARANTINE,
        _breaks(rule_id),
        fields=_FIELDS,
        vi=Wording(*vi),
        en=Wording(*en),
        source=source,
        trips={"name.full": name, "name.raw": name},
        on="organisation",
    )


_UNICODE = "TCVN 6909:2001 (Unicode for Vietnamese)"
_NAMING = "Law on Enterprises 59/2020/QH14 art. 37 (what a name consists of)"

RULES: Final[tuple[Rule, ...]] = (
    _name_rule(
        _ENCODING,
        ErrorGroup.FORMAT,
        (
            "Tên doanh nghiệp, chủ sở hữu hoặc người đại diện ở bảng mã cũ (TCVN3, VNI) hoặc bị đọc nhầm bảng mã.",
            "Báo cơ quan đăng ký kinh doanh sửa bước chuyển mã; không sửa tay từng tên.",
        ),
        (
            "A name of the enterprise, an owner or a representative is in an old encoding, or was read in a wrong one.",
            "Ask the registration office to mend its conversion; don't correct single names by hand.",
        ),
        f"{_UNICODE}; TCVN 5712:1993",
        "CÃ´ng ty Cáº§u Vá»“ng 17",
    ),
    _name_rule(
        _NULL,
        ErrorGroup.MISSING,
        (
            "Tên doanh nghiệp, chủ sở hữu hoặc người đại diện là chữ thay cho chỗ trống, như “NULL”.",
            "Trả lại cơ quan đăng ký kinh doanh để ghi đúng tên.",
        ),
        (
            "A name of the enterprise, an owner or a representative is a word for nothing, such as “NULL”.",
            "Return it to the registration office for the real name.",
        ),
        _NAMING,
        "NULL",
    ),
    _name_rule(
        _LOST,
        ErrorGroup.FORMAT,
        (
            "Tên doanh nghiệp, chủ sở hữu hoặc người đại diện có dấu “?” hoặc ô vuông thay cho chữ đã mất.",
            "Yêu cầu cơ quan đăng ký kinh doanh gửi lại từ dữ liệu gốc; không đoán chữ đã mất.",
        ),
        (
            "A name of the enterprise, an owner or a representative has “?” or a box instead of lost letters.",
            "Ask the registration office to send it again from the original; never guess the lost letters.",
        ),
        _UNICODE,
        "Công ty TNHH C?u V?ng 17",
    ),
    _name_rule(
        _FORBIDDEN,
        ErrorGroup.FORMAT,
        (
            "Tên có ký tự điều khiển hoặc ký hiệu của mã chương trình; hoặc tên người đại diện có số hay ký hiệu.",
            "Trả lại cơ quan đăng ký kinh doanh; nếu là mã chương trình thì báo bộ phận an toàn thông tin.",
        ),
        (
            "A name has a control character or a sign of program code; or a representative's has a digit or a sign.",
            "Return it to the registration office; if it looks like program code, tell information security.",
        ),
        f"{_NAMING}; Civil Code 91/2015/QH13 art. 26(3) (a person's name has no digit and no sign)",
        "Công ty TNHH <b>Cầu Vồng</b> 17",
    ),
    row_rule(
        "text.enterprise_upper_case",
        ErrorGroup.FORMAT,
        Severity.WARN,
        _upper_case,
        fields=("name.full", "representatives.name"),
        vi=Wording(
            "Tên viết toàn chữ hoa, có khi chữ có dấu vẫn là chữ thường (“NGUYễN”).",
            "Đề nghị cơ quan đăng ký kinh doanh gửi tên đúng như trên giấy chứng nhận; trung tâm không tự đổi chữ.",
        ),
        en=Wording(
            "A name is all in capitals, perhaps with accented letters left small (“NGUYễN”).",
            "Ask the registration office for the name as the certificate has it; the hub changes no letter itself.",
        ),
        source=_NAMING,
        trips={"name.full": "CôNG TY TNHH DU LịCH CầU VồNG 17"},
        on="organisation",
    ),
)
"""Rules on names in an enterprise's record."""
