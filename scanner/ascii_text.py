"""Texts for file names and EXIF, which know ASCII alone: reduced so that a person can still read them."""

import unicodedata

_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d",
                          "μ": "u", "×": "x", "–": "-", "—": "-", "’": "'", "°": " deg", "ƒ": "f"})  # fmt: skip


def ascii_text(text: str, otherwise: str = "?") -> str:
    """`text` in ASCII: accents left out, a few letters written out, each other one as `otherwise`."""
    plain = unicodedata.normalize("NFKD", text).translate(_LETTERS)
    kept = (letter if letter.isascii() else otherwise for letter in plain if not unicodedata.combining(letter))
    return "".join(kept)
