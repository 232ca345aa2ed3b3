"""What a Vietnamese syllable can look like: onset, rime and the one vowel that carries the tone.

The tables are the phonology of standard Vietnamese spelling. They say what is impossible, nothing about what is a name.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
_STOP_TONES: Final = frozenset("\u0301\u0323")
_MODIFIED: Final = frozenset("ăâêôơư")
_ONSET_TABLE = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph q r s t th tr v x"
_RIME_TABLE = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uân uâng uât uây uc uê uêch uên uênh ui um un ung uôc uôi uôm uôn uông uôp uôt uơ up ut uy uya uych uyên uyêt uyn
uynh uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu
"""
_ONSETS: Final = ("", *_ONSET_TABLE.split())
_RIMES: Final = frozenset(_RIME_TABLE.split())
_FIRST_OF_TWO: Final = frozenset(("ai", "ao", "au", "ay", "eo", "ia", "iu", "oi", "ua", "ui", "ưa"))
_EITHER_OF_TWO: Final = frozenset(("oa", "oe", "uy"))
_VOWELS: Final = frozenset("aăâeêioôơuưy")


@lru_cache(maxsize=32_768)
def is_syllable(word: str, *, tone_in_place: bool = False) -> bool:
    """Tells whether a word can be a Vietnamese syllable; `tone_in_place` also asks for the tone on the right vowel."""
    letters, tone, at = _without_tone(word)
    if not letters or tone == "many":
        return False
    return any(
        _is_rime(letters[len(onset) :], onset, tone, at - len(onset), tone_in_place)
        for onset in _ONSETS
        if letters.startswith(onset)
    )


def _without_tone(word: str) -> tuple[str, str, int]:
    """Splits a word into its letters, its tone mark (or `many`) and the index of the letter that carries it."""
    letters: list[str] = []
    tone, at = "", -1
    for char in unicodedata.normalize("NFC", word).lower():
        marks = unicodedata.normalize("NFD", char)
        kept = "".join(mark for mark in marks if mark not in _TONES)
        found = "".join(mark for mark in marks if mark in _TONES)
        if found and tone:
            return "", "many", -1
        if found:
            tone, at = found, len(letters)
        letters.append(unicodedata.normalize("NFC", kept))
    return "".join(letters), tone if len(tone) < 2 else "many", at


def _is_rime(rime: str, onset: str, tone: str, at: int, tone_in_place: bool) -> bool:
    if onset == "q":
        # The u after q belongs to the onset: quý, quang, quyên.
        if not rime.startswith("u") or at == 0:
            return False
        rest, at = rime[1:], at - 1
        known = rest in _RIMES or rime in _RIMES
        rime = rest
    else:
        known = rime in _RIMES
    stopped = rime.endswith(("c", "ch", "p", "t"))
    if not known or (stopped and tone and tone not in _STOP_TONES):
        return False
    return not (tone and tone_in_place) or at in _tone_places(rime)


def _tone_places(rime: str) -> tuple[int, ...]:
    modified = [index for index, letter in enumerate(rime) if letter in _MODIFIED]
    if rime[:2] not in _FIRST_OF_TWO and modified:
        return (modified[-1],)
    vowels = [index for index, letter in enumerate(rime) if letter in _VOWELS]
    if len(vowels) == 1:
        return (vowels[0],)
    if len(vowels) == 3 or len(vowels) < len(rime):
        return (vowels[1],)
    if rime in _EITHER_OF_TWO:
        return (0, 1)
    return (0,)
