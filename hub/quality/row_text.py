"""Row rules on names. Each name breaks at most one of them: the first that explains what is wrong with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from hub.quality.legacy_encoding import is_legacy, is_mojibake
from hub.quality.person import PersonView
from hub.quality.rule import ErrorGroup, Fields, RowCheck, Rule, Severity, Wording, row_rule

RELATIVES: Final = ("father.name", "mother.name", "spouse.name", "representative.name", "household.name")
_FIELDS: Final = ("name.full", *RELATIVES)

_WORDS_FOR_NOTHING = """
null none nan n/a undefined unknown test x xx xxx không không_có không_rõ không_biết không_xác_định chưa_rõ chưa_có
chưa_xác_định khuyết_danh trống vô_danh
"""
_NOTHING: Final = frozenset(words.replace("_", " ") for words in _WORDS_FOR_NOTHING.split())
_NEVER_A_NAME: Final = frozenset(("null", "undefined"))
_LOST: Final = frozenset("?\ufffd\u25a1")
_FORBIDDEN: Final = frozenset('<>{}[]|\\^~_*#@$%&+=/:;!"')
_INVISIBLE: Final = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u2060\ufeff")
_PUNCTUATION: Final = str.maketrans("", "", "'’ʼ-.,()")

_clean_words: Final[set[str]] = set()
_MOST_CLEAN_WORDS: Final = 100_000
_NO_FAULTS: Final[dict[str, Fields]] = {}


def name_faults(person: PersonView) -> dict[str, Fields]:
    """Returns which names of a record break which rule, by rule id, and keeps it with the record.

    Nearly every name consists of words that were seen clean before, so that one set comparison settles it.
    """
    get = person.get
    # Father, representative and head of household are often one person.
    names = " ".join(
        {
            get("name.raw") or get("name.full", ""),
            get("father.name", ""),
            get("mother.name", ""),
            get("spouse.name", ""),
            get("representative.name", ""),
            get("household.name", ""),
        }
    )
    faults = person.faults = _NO_FAULTS if _clean_words.issuperset(names.split()) else _judge(person)
    return faults


def _judge(person: PersonView) -> dict[str, Fields]:
    faults: dict[str, Fields] = {}
    for field, name, raw in _names(person):
        broken = name_fault(name, raw)
        if broken is not None:
            faults[broken] = (*faults.get(broken, ()), field)
    return faults


def name_fault(name: str, raw: str) -> str | None:
    """Names the rule that a person's name breaks; `raw` is the name as it was sent."""
    unknown = [word for word in raw.split() if word not in _clean_words]
    if not unknown:
        return None
    broken = _fault(name, raw)
    if broken is None and len(_clean_words) < _MOST_CLEAN_WORDS:
        _clean_words.update(word for word in unknown if _plain(word))
    return broken


def _names(person: PersonView) -> Iterator[tuple[str, str, str]]:
    """Yields field, name and the name as it was sent: repairs on the way may have eaten what gives an encoding away."""
    full = person.get("name.full", "")
    yield "name.full", full, person.get("name.raw") or full
    for field in RELATIVES:
        name = person.get(field)
        if name is not None:
            yield field, name, name


def _plain(word: str) -> bool:
    """Whether no name could be wrong because of this word, whatever stands around it."""
    return word.translate(_PUNCTUATION).isalpha() and _fault(word, word) is None and word.casefold() not in _FIRST_WORDS


def _fault(name: str, raw: str) -> str | None:
    composed = unicodedata.normalize("NFC", raw)
    if is_mojibake(composed):
        return "text.mojibake"
    if not name:
        return None
    if names_nothing(name):
        return "text.null_literal"
    if not _LOST.isdisjoint(name):
        return "text.lost_letters"
    if not _FORBIDDEN.isdisjoint(name) or has_control_character(name):
        return "text.forbidden_character"
    # Before digits and scripts: ¹ is a digit and µ a sign of its own, and both stand for letters in TCVN3.
    if is_legacy(composed):
        return "text.legacy_encoding"
    if any(map(str.isdigit, name)):
        return "text.digits_in_name"
    return "text.mixed_script" if any(map(_mixes_scripts, name.split())) else None


def names_nothing(name: str) -> bool:
    """Whether a word for nothing, or no letter at all, stands where a name should."""
    folded = name.casefold().strip(" .-,'")
    if folded in _NOTHING or not _NEVER_A_NAME.isdisjoint(folded.split()):
        return True
    return not any(map(str.isalnum, name)) and _LOST.isdisjoint(name)


def has_control_character(name: str) -> bool:
    """Whether a name has a control character beyond the invisible ones that word processors leave."""
    return any(unicodedata.category(char)[0] == "C" for char in name.translate(_INVISIBLE))


def _mixes_scripts(word: str) -> bool:
    """Whether a word has letters of two scripts, as when a Cyrillic а stands for a."""
    if word.isascii():
        return False
    return len({unicodedata.name(char, "?").split(" ")[0] for char in word if char.isalpha()} - {"MODIFIER"}) > 1


_FIRST_WORDS: Final = frozenset(text.split()[0] for text in _NOTHING)


def _breaks(rule_id: str) -> RowCheck:
    def check(person: PersonView) -> Fields:
        faults = person.faults
        return (name_faults(person) if faults is None else faults).get(rule_id, ())

    return check


def _name_rule(
    rule_id: str,
    group: ErrorGroup,
    vi: tuple[str, str],
    en: tuple[str, str],
    source: str,
    name: str,
    raw: str | None = None,
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
        trips={"name.full": name, "name.raw": raw or name},
    )


_UNICODE = "TCVN 6909:2001 (Unicode for Vietnamese)"
_CONTENT = "Law 26/2023/QH15 art. 9; Civil Code 91/2015/QH13 art. 26(3) (a name has no digit and no sign)"

RULES: Final[tuple[Rule, ...]] = (
    _name_rule(
        "text.mojibake",
        ErrorGroup.FORMAT,
        (
            "Họ tên là UTF-8 bị đọc nhầm bảng mã (như “Nguyá»…n”).",
            "Báo cơ quan nguồn sửa bước chuyển mã; không sửa tay từng tên.",
        ),
        (
            "The name is UTF-8 that was read in another encoding (such as “Nguyá»…n”).",
            "Ask the source to mend its conversion; don't correct single names by hand.",
        ),
        _UNICODE,
        "Nguyá»…n VÄƒn An",
    ),
    _name_rule(
        "text.legacy_encoding",
        ErrorGroup.FORMAT,
        (
            "Họ tên ở bảng mã cũ TCVN3 hoặc VNI, không đọc được bằng Unicode.",
            "Báo cơ quan nguồn chuyển sang Unicode; không đoán tên của công dân.",
        ),
        (
            "The name is in an encoding of before Unicode, TCVN3 or VNI.",
            "Ask the source to convert it to Unicode; never guess a citizen's name.",
        ),
        f"{_UNICODE}; TCVN 5712:1993",
        "NguyÔn V¨n An",
    ),
    _name_rule(
        "text.null_literal",
        ErrorGroup.MISSING,
        (
            "Họ tên là chữ thay cho chỗ trống, như “Null” hoặc “Không rõ”.",
            "Trả lại cơ quan nguồn để ghi đúng họ tên, hoặc để trống tên người thân.",
        ),
        (
            "The name is a word for nothing, such as “Null” or “Không rõ”.",
            "Return it to the source for the real name; a relative's unknown name is to be left empty.",
        ),
        _CONTENT,
        "Null",
    ),
    _name_rule(
        "text.lost_letters",
        ErrorGroup.FORMAT,
        (
            "Họ tên có dấu “?” hoặc ô vuông thay cho chữ: chữ đã mất khi chuyển mã.",
            "Yêu cầu cơ quan nguồn gửi lại từ dữ liệu gốc; không đoán chữ đã mất.",
        ),
        (
            "The name has “?” or a box instead of letters: they were lost in a conversion.",
            "Ask the source to send it again from the original; never guess the lost letters.",
        ),
        _UNICODE,
        "Nguy?n Văn An",
    ),
    _name_rule(
        "text.forbidden_character",
        ErrorGroup.FORMAT,
        (
            "Họ tên có ký tự điều khiển hoặc ký hiệu không thuộc tên người.",
            "Trả lại cơ quan nguồn; nếu là mã chương trình thì báo bộ phận an toàn thông tin.",
        ),
        (
            "The name has a control character or a sign that belongs to no name.",
            "Return it to the source; if it looks like program code, tell information security.",
        ),
        _CONTENT,
        "Nguyễn Văn An <b>",
    ),
    _name_rule(
        "text.digits_in_name",
        ErrorGroup.FORMAT,
        ("Họ tên có chữ số.", "Trả lại cơ quan nguồn: thường là số nhà, năm sinh hoặc thứ tự bị ghi lẫn vào tên."),
        ("The name has digits.", "Return it to the source: usually a house number, a year or a counter slipped in."),
        _CONTENT,
        "Nguyễn Văn An 2",
    ),
    _name_rule(
        "text.mixed_script",
        ErrorGroup.FORMAT,
        (
            "Một chữ trong họ tên trộn chữ cái của hai hệ chữ viết, nhìn giống nhau nhưng khác mã.",
            "Trả lại cơ quan nguồn để gõ lại; tên như vậy không tra cứu được.",
        ),
        (
            "A word of the name mixes letters of two scripts that look alike.",
            "Return it to the source, to be typed again: such a name can't be looked up.",
        ),
        _UNICODE,
        "Nguyễn V\u0430\u0306n An",
    ),
)
"""Rules on names."""
