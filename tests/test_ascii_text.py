"""Texts are reduced to ASCII that a person can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.ascii_text import ascii_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Größe", "Grosse"),
        ("Müller & Søhne", "Muller & Sohne"),
        ("5 µm × 3°", "5 um x 3 deg"),
        ("Łódź №7", "Lodz No7"),
        ("猫 1", "? 1"),
        ("plain", "plain"),
    ],
)
def test_what_becomes_of_letters(text: str, plain: str) -> None:
    assert ascii_text(text) == plain


def test_what_has_no_likeness_can_be_left_out() -> None:
    assert ascii_text("vase 😀猫", otherwise="") == "vase "


@given(st.text())
def test_it_is_ascii_whatever_it_was(text: str) -> None:
    assert ascii_text(text).isascii()
    assert ascii_text(ascii_text(text)) == ascii_text(text)
