"""The checksum that finds flipped bits."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from scanner.errors import CorruptState
from scanner.store.seal import CHECK, seal, unseal

FACTS: dict[str, JsonValue] = {"index": 3, "turntable": 37.5, "slices": [{"share": 0.1}], "name": "Väse", "none": None}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text().filter(lambda key: key != CHECK), json_values, max_size=4), st.sampled_from([None, 2]))
def test_what_is_sealed_comes_back(facts: dict[str, JsonValue], indent: int | None) -> None:
    assert unseal(seal(facts, indent)) == facts


def test_a_line_is_plain_json_of_one_line() -> None:
    text = seal(FACTS)
    assert "\n" not in text
    assert {key: value for key, value in json.loads(text).items() if key != CHECK} == FACTS


def test_layout_and_order_of_the_text_do_not_matter() -> None:
    turned = dict(reversed(json.loads(seal(FACTS)).items()))
    assert unseal(json.dumps(turned, indent=7)) == FACTS


def test_any_flipped_bit_is_found_or_harmless() -> None:
    text = seal(FACTS).encode()
    chance = random.Random(1)  # noqa: S311
    found = 0
    for _ in range(1000):
        broken = bytearray(text)
        broken[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
        try:
            facts = unseal(bytes(broken))
        except CorruptState:
            found += 1
        else:  # only where the key of the checksum itself was hit: then it is one unknown key more
            assert facts == FACTS or set(facts) - set(FACTS)
    assert found > 900


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"\0" * 100, b'{"a": NaN'])
def test_what_is_no_object_is_corrupt(text: bytes) -> None:
    with pytest.raises(CorruptState):
        unseal(text)


def test_an_edited_object_is_refused_until_its_checksum_is_taken_out() -> None:
    facts = json.loads(seal(FACTS))
    facts["index"] = 4
    with pytest.raises(CorruptState, match="take out the key"):
        unseal(json.dumps(facts))
    del facts[CHECK]
    assert unseal(json.dumps(facts))["index"] == 4
