"""Finds text in the fonts of before Unicode (TCVN3, VNI) and UTF-8 that was read as Latin-1.

Nothing is converted: what was meant is a guess, and a guess never becomes a citizen's name. A word counts only when it
is no Vietnamese syllable as it stands and becomes one when it is read in the old encoding, or when a sign such as © or
¼ stands between its letters: so names of highland peoples and of foreigners pass.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from hub.quality.syllables import is_syllable

_TCVN3: Final = str.maketrans(
    "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
    "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
)
"""TCVN 5712:1993 (VN3), as it looks when its bytes are read as Latin-1."""
_TCVN3_LETTERS: Final = frozenset(map(chr, _TCVN3))
_SIGNS: Final = frozenset("¡¢£¤¥¦§¨©ª«¬®µ¶¸¹»¼½¾")
"""What TCVN3 puts inside words, and no name of any language does."""

_VNI_VOWELS: Final = {"aâ": "â", "aê": "ă", "eâ": "ê", "oâ": "ô"}
_VNI_TONES: Final = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_VNI_BOTH: Final = {
    **dict(zip(("aá", "aà", "aå", "aã", "aä"), "ấầẩẫậ", strict=True)),
    **dict(zip(("aé", "aè", "aú", "aü", "aë"), "ắằẳẵặ", strict=True)),
    **dict(zip(("eá", "eà", "eå", "eã", "eä"), "ếềểễệ", strict=True)),
    **dict(zip(("oá", "oà", "oå", "oã", "oä"), "ốồổỗộ", strict=True)),
}
_VNI_ALONE: Final = {"ñ": "đ", "ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI: Final = re.compile("|".join((*_VNI_BOTH, *_VNI_VOWELS, *_VNI_TONES, *_VNI_ALONE)))

# Readings of the commonest names that happen to be Vietnamese syllables too, but that nobody bears.
_TCVN3_OF_NAMES: Final = frozenset(("Vò", "Vâ", "Dòng", "Phóc", "Tó", "Hîa"))
_WORDS: Final = re.compile(r"[\s'’.\-]+")


def is_legacy(text: str) -> bool:
    """Tells whether a text is TCVN3 or VNI read as Latin-1.

    A sign inside a word decides. Otherwise every accented word must make sense in one and the same old encoding, and at
    least one of them in no other way: `Lê Loïc` is no VNI, for VNI has no ê.
    """
    words = [word for word in _WORDS.split(text) if not word.isascii()]
    if any(map(_has_sign, words)):
        return True
    return any(
        all(map(reads, words)) and any(map(_is_odd, words)) for reads in (_reads_as_tcvn3, _reads_as_vni) if words
    )


def _has_sign(word: str) -> bool:
    found = _SIGNS.intersection(word)
    return bool(found) and any(char not in found for char in word)


@lru_cache(maxsize=32_768)
def _reads_as_tcvn3(word: str) -> bool:
    if not all(char.isascii() or char in _TCVN3_LETTERS for char in word):
        return False
    return is_syllable(word.translate(_TCVN3), tone_in_place=True)


@lru_cache(maxsize=32_768)
def _reads_as_vni(word: str) -> bool:
    lower = word.lower()
    return _VNI.sub("", lower).isascii() and is_syllable(_VNI.sub(_vni_letter, lower), tone_in_place=True)


@lru_cache(maxsize=32_768)
def _is_odd(word: str) -> bool:
    """Whether no name has this word as it stands; an eth is a typing mistake for Đ with a rule of its own."""
    as_it_stands = word.replace("\u00d0", "Đ").replace("\u00f0", "đ")
    return word in _TCVN3_OF_NAMES or not is_syllable(as_it_stands) or _capital_inside(word)


def _capital_inside(word: str) -> bool:
    """`TrÊn` and `TÊn` are spelt as no one spells: an accented capital within a word that is not all capitals."""
    return not word.isupper() and any(char.isupper() and not char.isascii() for char in word[1:])


def is_mojibake(text: str) -> bool:
    """Tells whether a text is UTF-8 that was read as Windows-1252 or Latin-1 (`Nguyá»…n`)."""
    if text.isascii():
        return False
    try:
        return not b"".join(_byte(char) for char in text).decode().isascii()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return False


def _byte(char: str) -> bytes:
    # Windows-1252 leaves five bytes undefined; programs put the C1 control of the same number there.
    try:
        return char.encode("cp1252")
    except UnicodeEncodeError:
        return char.encode("latin-1")


def _vni_letter(match: re.Match[str]) -> str:
    pair = match[0]
    return _VNI_BOTH.get(pair) or _VNI_VOWELS.get(pair) or _VNI_TONES.get(pair) or _VNI_ALONE[pair]
