"""Vietnamese in TCVN3 (ABC), the font encoding of the 1990s, as it looks when its bytes are read as Latin-1."""

from __future__ import annotations

_LOWER = dict(
    zip(
        "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ",
        "\xb5\xb6\xb7\xb8\xb9\xa8\xbb\xbc\xbd\xbe\xc6\xa9\xc7\xc8\xc9\xca\xcb\xae\xcc\xce\xcf\xd0\xd1\xaa\xd2\xd3\xd4\xd5\xd6"
        "\xd7\xd8\xdc\xdd\xde\xdf\xe1\xe2\xe3\xe4\xab\xe5\xe6\xe7\xe8\xe9\xac\xea\xeb\xec\xed\xee\xef\xf1\xf2\xf3\xf4\xad\xf5"
        "\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe",
        strict=True,
    )
)
_UPPER = {"Ă": "\xa1", "Â": "\xa2", "Ê": "\xa3", "Ô": "\xa4", "Ơ": "\xa5", "Ư": "\xa6", "Đ": "\xa7"}
"""Other capitals have no code of their own: the font showed small codes as capitals."""
_CODES = str.maketrans({**{letter.upper(): code for letter, code in _LOWER.items()}, **_LOWER, **_UPPER})

_TELLTALE = set("\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xae\xb5\xb6\xb7\xb8\xb9\xbb\xbc\xbd\xbe")
"""Signs that no name has; a result without one could pass for a name in some other language."""
_AMBIGUOUS = set("\xad\xd0\xf0")
"""A soft hyphen looks like a stray character, and Eth like a wrong D: other defects."""


def as_tcvn3(text: str, check: bool = True) -> str | None:
    """Garbles a text.

    Args:
        check: return None unless the result can be told from every real name and from other defects.
    """
    garbled = text.translate(_CODES)
    signs = set(garbled)
    if check and (not signs & _TELLTALE or signs & _AMBIGUOUS):
        return None
    return garbled
