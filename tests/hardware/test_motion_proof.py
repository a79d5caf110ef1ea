"""10,000 moves a dialect over a wire on which everything goes wrong: no wrong angle, no hang, no other error.

`pytest -m slow tests/hardware/test_motion_proof.py -s` prints the table. Drivers that believe too much fail here.
"""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.clock import Clock
from scanner.hardware.motion_axes import SerialAxis
from scanner.hardware.motion_controller import MotionController
from scanner.hardware.motion_drives import drives
from scanner.hardware.motion_line import OpenLink
from scanner.hardware.motion_settings import AxisSettings, MotionSettings, RailSettings, TemplateSettings, TiltSettings
from scanner.hardware.serial_motion import SerialMotion, dialect_of, motion_over
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_sketch import Answers
from scanner.hardware.wire.dialect import Move, Orders
from tests.hardware.rough_bench import (
    RAIL,
    TILT,
    TURNTABLE,
    BoardRig,
    Case,
    Opens,
    Rig,
    RoughBench,
    Tally,
    TerminalRig,
)

FAULTS = {
    "none": Faults(),
    "flips": Faults(garble_reply=0.05),
    "drops": Faults(lose_reply=0.1),
    "doubles": Faults(double_reply=0.1),
    "delays": Faults(delay_reply=0.1, delay_s=3.0),
    "noise": Faults(noise=0.1),
    "lost lines": Faults(lose_line=0.05),
    "flipped lines": Faults(garble_line=0.02),
    "resets": Faults(reset_in_move=0.1, boot_s=1.2, boot_noise=40),
    "mute alarms": Faults(mute_alarm_in_move=0.05),
    "all at once": Faults(
        garble_reply=0.02,
        lose_reply=0.03,
        double_reply=0.03,
        delay_reply=0.03,
        noise=0.03,
        lose_line=0.02,
        reset_in_move=0.03,
        mute_alarm_in_move=0.02,
    ),
    "unplugs": Faults(boot_s=1.2, boot_noise=40),
}
RIG = {
    "turntable": AxisSettings(switch_angle=15),
    "tilt": TiltSettings(switch_angle=-10),
    "rail": RailSettings(switch_at=2),
}
TELLS = TemplateSettings(done=r"ok (?P<position>-?\d+\.\d+)", home="HOME {axis}{axis}", hold="ON", light="L{byte:.0f}")
"""It wants the axis twice, so that a flipped bit does not home another one."""
BLIND = TemplateSettings(move="{axis}{steps}", greeting="Ready", home="H{axis}")


CASES = [
    Case("GRBL 1.1h", MotionSettings(**RIG), 10_000),
    Case("GRBL, no switches", MotionSettings(**RIG), 2_000, switches=False),
    Case("grblHAL", MotionSettings(**RIG), 2_000, flavour="grblhal"),
    Case("FluidNC", MotionSettings(**RIG), 2_000, flavour="fluidnc"),
    Case("Marlin 2", MotionSettings(dialect="marlin", light="M106", **RIG), 10_000),
    Case("Marlin 2, no switches", MotionSettings(dialect="marlin", light="M106", **RIG), 2_000, switches=False),
    Case(
        "sketch that tells",
        MotionSettings(dialect="templated", template=TELLS, **RIG),
        10_000,
        answers=Answers(done="ok {position:.3f}"),
    ),
    Case(
        "sketch that does not",
        MotionSettings(dialect="templated", template=BLIND, **RIG),
        2_000,
        spared=("flipped lines",),  # it obeys another number than was sent, says ok, and nobody can know
    ),
]


UNPLUG_WITHIN = 150
"""Bytes on the wire, both ways, until the cable comes out: some moves, or the start and the homing after the last."""

LONG = [case for case in CASES if case.moves == 10_000]


class BelievesOk(MotionController):
    """A driver as many are: what was answered with ok has been done."""

    def _arrive(self, move: Move, orders: Orders) -> None:
        """There, since the line was taken."""

    def _be_told(self, move: Move, orders: Orders) -> None:
        """There at the first ok, whatever it belongs to and wherever that says the axis is."""
        self.command(orders.fence[0])
        self._assumed = {**(self._assumed or {}), move.letter: move.target}
        self._from_memory()


def the_driver(open_link: OpenLink, settings: MotionSettings, clock: Clock) -> SerialMotion:
    return motion_over(open_link, settings, clock, rail=True)


def a_credulous_driver(open_link: OpenLink, settings: MotionSettings, clock: Clock) -> SerialMotion:
    motors = drives(settings, True)
    controller = BelievesOk(open_link, dialect_of(settings), clock, {motor.letter: motor.steps for motor in motors})
    controller.start()
    return SerialMotion(controller, {motor.name: SerialAxis(motor, controller) for motor in motors}, None)


def run(case: Case, moves: int, seed: int = 0, opens: Opens = the_driver) -> Tally:
    """On a clock that jumps."""
    return roam(BoardRig(case, opens, seed), case, moves, seed, block=10 if moves > 100 else 5)


def roam(rig: Rig, case: Case, moves: int, seed: int, block: int = 10) -> Tally:
    """Blocks of moves, each under one kind of fault; the unplugs come at random bytes."""
    bench = RoughBench(rig)
    chance = random.Random(seed)  # noqa: S311
    kinds = [kind for kind in FAULTS if kind not in case.spared]
    for number in range(moves // block):
        kind = kinds[number % len(kinds)]
        bench.spoil(kind, replace(FAULTS[kind], seed=chance.randrange(2**32)))
        for _ in range(block):
            if kind == "unplugs" and not bench.unplugs:
                cut = chance.randrange(UNPLUG_WITHIN)
                bench.spoil(kind, replace(FAULTS[kind], seed=chance.randrange(2**32), unplug_at=cut))
            name = chance.choice((TURNTABLE, TURNTABLE, TILT, RAIL))
            low, high = {TURNTABLE: (0, 360), TILT: (-20, 90), RAIL: (0, 50)}[name]
            bench.visit(name, round(chance.uniform(low, high), chance.choice((0, 2, 6))))
    return bench.finish()


def table(tallies: dict[str, Tally]) -> str:
    """What struck and what came of it, a line a dialect."""
    kinds = [kind for kind in FAULTS if kind != "none"]
    head = ["dialect", "moves", *kinds, "errors", "re-references", "longest call", "wrong", "hangs"]
    rows = [head]
    for name, tally in tallies.items():
        struck = [str(tally.faults[kind]) for kind in kinds]
        ends = [str(tally.errors.total()), str(tally.references), f"{tally.longest_s:.0f} s"]
        rows.append([name, str(tally.moves), *struck, *ends, str(len(tally.wrong)), str(len(tally.hangs))])
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_sample_of_the_proof(case: Case) -> None:
    tally = run(case, 60, seed=3)
    assert (tally.wrong, tally.hangs, tally.moves) == ([], [], 60)
    assert tally.faults["none"] == 0
    assert tally.faults.total() > 5


@pytest.mark.parametrize("case", LONG, ids=lambda case: case.name)
def test_a_driver_that_believes_ok_is_found_out(case: Case) -> None:
    assert run(case, 240, seed=3, opens=a_credulous_driver).wrong


@pytest.mark.slow
def test_the_proof() -> None:
    """Prints the table. No picture at a wrong angle, no call beyond its deadline, no error but HardwareError."""
    tallies = {case.name: run(case, case.moves, seed=case.moves) for case in CASES}
    believer = run(CASES[0], 1000, opens=a_credulous_driver)
    print("\n" + table(tallies | {"believes ok (GRBL)": believer}))
    for case in CASES:
        tally = tallies[case.name]
        assert (case.name, tally.wrong, tally.hangs) == (case.name, [], [])
        assert tally.moves == case.moves
        assert tally.faults["unplugs"] >= (300 if case in LONG else 20)
        assert all(tally.faults[kind] > 0 for kind in FAULTS if kind != "none" and kind not in case.spared)
    assert believer.wrong


@pytest.mark.slow
@pytest.mark.parametrize("case", LONG, ids=lambda case: case.name)
def test_some_of_it_over_a_real_pseudo_terminal(case: Case, tmp_path: Path) -> None:
    """In real time: the board opens a new terminal behind the same link after each unplug."""
    tally = roam(TerminalRig(case, tmp_path / "port"), case, 60, seed=1, block=5)
    print("\n" + table({case.name: tally}))
    assert (tally.wrong, tally.moves) == ([], 60)
    assert tally.faults["unplugs"] > 1
