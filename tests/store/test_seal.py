"""The checksum that finds flipped bits."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from scanner.errors import CorruptState
from scanner.store.seal import CHECK, seal, unseal


class Facts(BaseModel):
    model_config = ConfigDict(extra="forbid")

    index: int
    turntable: float
    name: str
    shares: list[float]


FACTS = Facts(index=3, turntable=37.5, name='Väse, "check": "00000000"}', shares=[0.1, 0.9])


@given(
    st.builds(Facts, turntable=st.floats(allow_nan=False, allow_infinity=False), shares=st.just([0.5])),
    st.sampled_from([None, 2]),
)
def test_what_is_sealed_comes_back(facts: Facts, indent: int | None) -> None:
    assert Facts.model_validate_json(unseal(seal(facts.model_dump_json(indent=indent)).encode())) == facts


def test_a_line_stays_json_of_one_line() -> None:
    text = seal(FACTS.model_dump_json())
    assert "\n" not in text
    assert list(json.loads(text)) == [*FACTS.model_dump(), CHECK]


def test_an_indented_object_is_laid_out_like_the_rest() -> None:
    lines = seal(FACTS.model_dump_json(indent=2)).splitlines()
    assert lines[-1] == "}"
    assert lines[-2].startswith('  "check": "')
    assert lines[1].startswith('  "index": ')


@pytest.mark.parametrize("indent", [None, 2])
def test_any_flipped_bit_is_found_or_harmless(indent: int | None) -> None:
    text = seal(FACTS.model_dump_json(indent=indent)).encode()
    chance = random.Random(1)  # noqa: S311
    found = 0
    for _ in range(1000):
        broken = bytearray(text)
        broken[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
        try:
            assert Facts.model_validate_json(unseal(bytes(broken))) == FACTS
        except (CorruptState, ValidationError):
            found += 1
    assert found > 950


def test_an_edited_object_is_refused_until_its_checksum_is_taken_out() -> None:
    edited = seal(FACTS.model_dump_json()).replace('"index":3', '"index":4').encode()
    with pytest.raises(CorruptState, match="does not fit its checksum") as raised:
        unseal(edited)
    assert '"check"' in raised.value.hint
    facts = json.loads(edited)
    del facts[CHECK]
    assert Facts.model_validate_json(unseal(json.dumps(facts).encode())).index == 4


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", bytes(100), b'{"check": "00000000"}'])
def test_what_has_no_checksum_is_handed_on_as_it_is(text: bytes) -> None:
    assert unseal(text) == text
