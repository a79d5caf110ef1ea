"""Mutated replies through every dialect: always events, never an error, the same ones however the bytes are cut."""

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from scanner.hardware.motion_settings import TemplateSettings
from scanner.hardware.wire.dialect import REPLY_LIMIT, Dialect, Event, Ok, Report
from scanner.hardware.wire.grbl import Grbl
from scanner.hardware.wire.marlin import Marlin
from scanner.hardware.wire.templated import Templated

SKETCH = TemplateSettings(greeting="ready", done=r"ok(?: at (?P<position>\S+))?", error="err.*")
ENDLESS = SKETCH.model_copy(update={"terminator": "NONE", "done": r"ok at (?P<position>[^;]+);"})


def marlin() -> Marlin:
    dialect = Marlin()
    dialect.prepare({"X": 80 / 9, "Y": 100.0, "Z": 1600.0})
    return dialect


def asked(settings: TemplateSettings) -> Templated:
    dialect = Templated(settings)
    dialect.encode("T 1")
    return dialect


DIALECTS: dict[str, tuple[Callable[[], Dialect], list[bytes]]] = {
    "grbl": (
        Grbl,
        [
            b"ok\r\n",
            b"error:9\r\n",
            b"ALARM:1\r\n",
            b"Grbl 1.1h ['$' for help]\r\n",
            b"<Idle|MPos:10.000,-5.250,0.000|FS:0,0|WCO:0.000,1.000,0.000>\r\n",
            b"<Hold:0|WPos:1.000,2.000,3.000|Bf:15,128>\r\n",
            b"$100=88.889\r\n",
            b"[VER:1.1h.20190825:]\r\n",
        ],
    ),
    "marlin": (
        marlin,
        [
            b"ok P15 B3\n",
            b"start\n",
            b"echo:busy: processing\n",
            b"Error:Printer halted. kill() called!\n",
            b'echo:Unknown command: "M4p0"\n',
            b"X:10.00 Y:-2.50 Z:0.00 E:0.00 Count X:89 Y:-250 Z:0\n",
            b"echo:  M92 X8.89 Y100.00 Z1600.00 E93.00\n",
            b"FIRMWARE_NAME:Marlin 2.1.2.4 (Dec  2 2024) SOURCE_CODE_URL:github.com\n",
        ],
    ),
    "templated": (lambda: asked(SKETCH), [b"ok at 12.50\n", b"ready\n", b"err: 5\n", b"moving\n", b"ok\n"]),
    "templated-endless": (lambda: asked(ENDLESS), [b"ok at 12.50;", b"ready", b"err: 5\n", b"ok;"]),
}


def mutated(line: bytes, chance: random.Random) -> bytes:
    """A reply with a few bytes flipped, lost, doubled, or put in."""
    data = bytearray(line)
    for _ in range(chance.randint(0, 3)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[at : at + chance.randint(1, 4)]
        elif kind == 2:
            data[at:at] = data[at : at + 6]
        else:
            data[at:at] = chance.choice([b"\n", b"\xff", b"9" * 9, b".", b"-", b"e", b":", b"nan", b"\x00"])
    return bytes(data)


def fuzz(name: str, count: int, seed: int) -> list[Event]:
    """Feed `count` mutated replies; the events of a few of them, of which the whole must be alike in pieces."""
    fresh, lines = DIALECTS[name]
    chance = random.Random(seed)  # noqa: S311
    dialect, kept, events = fresh(), bytearray(), list[Event]()
    for _ in range(count):
        data = mutated(chance.choice(lines), chance)
        if isinstance(dialect, Templated):
            dialect.encode("T 1")
        for event in dialect.feed(data):
            if isinstance(event, Report) and event.at is not None:
                assert all(abs(place) < float("inf") for place in event.at.values())
            assert not isinstance(event, Ok) or event.at is None or abs(event.at) < float("inf")
            events.append(event)
        kept += data if len(kept) < 20_000 else b""
        del events[2000:]
    in_any_pieces(fresh, bytes(kept), chance)
    return events


def in_any_pieces(fresh: Callable[[], Dialect], data: bytes, chance: random.Random) -> None:
    cuts = sorted(chance.randrange(len(data)) for _ in range(2000))
    pieces = fresh()
    parts = [event for a, b in pairwise([0, *cuts, len(data)]) for event in pieces.feed(data[a:b])]
    assert parts == fresh().feed(data)


@pytest.mark.parametrize("name", DIALECTS)
def test_five_thousand_mutated_replies(name: str) -> None:
    kinds = {type(event).__name__ for event in fuzz(name, 5000, seed=1)}
    assert {"Ok", "Unknown", "Banner"} <= kinds


@pytest.mark.slow
@pytest.mark.parametrize("name", DIALECTS)
def test_a_million_mutated_replies(name: str) -> None:
    assert fuzz(name, 1_000_000, seed=2)


def test_no_reply_makes_a_decoder_grow() -> None:
    for fresh, _ in DIALECTS.values():
        dialect = fresh()
        for _ in range(40):
            dialect.feed(b"\xfe<" * 500)
        held = getattr(dialect, "_rest", b"") + dialect._lines._rest  # type: ignore[attr-defined]
        assert len(held) <= REPLY_LIMIT
