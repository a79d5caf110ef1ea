"""Ten thousand slices: none shows another lens position than the one asked for, none is old, every error is typed.

The pixels of the simulated sensor say at what lens position they were really exposed. Its lens settles in 0 to 150 ms,
it gives 1 to 14 frames a second, its metadata lead the image by 1 to 6 frames, and everything goes wrong now and then.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, product
from typing import TypeAlias

import pytest

from scanner.errors import HardwareError, RigLost
from scanner.hardware.picamera import PiCamera
from scanner.hardware.protocols import Exposure
from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.sensor import SimulatedSensor
from scanner.hardware.simulated.sensor_faults import SensorFaults
from scanner.hardware.simulated.sensor_traits import SensorTraits
from scanner.slices import Planes
from tests.hardware.cameras import HEIGHT, OPTICS, WIDTH, Bench, lens_in, take, turntable_in

SETTLE_MS = (0, 25, 50, 100, 150)
FRAME_RATES = (1, 2, 5, 10, 14)
LEADS = (1, 2, 3, 4, 5, 6)
SWEEP = tuple(round(12.0 - 0.45 * place, 2) for place in range(9))
HALF_A_STEP = 0.015
QUANTUM = 1 / 4096
"""To this the pixels tell the lens position."""
TIME_CONSTANTS = 7
"""A lens counts as settled after so many: what is left of a move is less than a thousandth."""
BRIGHT = Exposure(time_us=10_000, gain=1.0, red_gain=1.8, blue_gain=1.5)
DARK = BRIGHT.model_copy(update={"time_us": 60_000})
TRIES = 4
LOOKS = 7
"""Before every so many slices somebody looks at the live picture."""
PAUSES_S = (0.0, 0.01, 0.25, 3.0)
"""What a driver may be kept from its work by: old frames lie ready then."""
COUNTED = ("slices", "faults", "retries", "timeouts", "wrong", "stale")

Naive: TypeAlias = Callable[[Bench, SimulatedSensor, float], Planes]


def troubles(seed: int) -> SensorFaults:
    """Repeated and late frames, hangs, ignored lens positions, refusals, and lens positions held back in the dark."""
    return SensorFaults(
        seed=seed,
        hang=0.002,
        hang_for_good=0.0005,
        late=0.02,
        late_s=0.4,
        repeat=0.05,
        ignore_lens=0.03,
        refuse=0.003,
        hold_back=4,
    )


@dataclass
class Row:
    """One line of the table. `faults`: how often the sensor misbehaved; the driver mends most of it without a word.

    `retries`: slices asked for again. `timeouts`: errors of the camera. `wrong`: slices at another lens position.
    `stale`: slices older than the question for them.
    """

    settle_ms: int
    frame_rate: int
    slices: int = 0
    faults: int = 0
    retries: int = 0
    timeouts: int = 0
    wrong: int = 0
    stale: int = 0

    def __str__(self) -> str:
        return f"{self.settle_ms:9} {self.frame_rate:5}" + "".join(f"{getattr(self, name):9}" for name in COUNTED)


@dataclass
class Tally:
    """All rows of one driver."""

    driver: str
    rows: list[Row] = field(default_factory=list)

    def total(self, name: str) -> int:
        return sum(getattr(row, name) for row in self.rows)

    def show(self) -> None:
        print(f"\n{self.driver}\nsettle ms   fps" + "".join(f"{name:>9}" for name in COUNTED))
        print(*self.rows, sep="\n")
        print(f"{'all':>15}" + "".join(f"{self.total(name):9}" for name in COUNTED))


def bench_for(settle_ms: int, frame_rate: int, lead: int, faults: SensorFaults) -> Bench:
    """A sensor whose lens has settled after `settle_ms`, and the settings of a driver that knows so."""
    lag_ms = max(0.1, settle_ms / TIME_CONSTANTS)
    simulated = SimulatedSettings(width=WIDTH, height=HEIGHT, frame_rate=frame_rate, lens_lag_ms=lag_ms)
    return Bench(
        simulated=simulated,
        settings=OPTICS.model_copy(update={"lens_settle_ms": settle_ms}),
        traits=SensorTraits(lead=lead, tells_control_list=lead % 3 == 0),
        faults=faults,
    )


CONDITIONS = tuple(product(SETTLE_MS, FRAME_RATES, LEADS))
SAMPLE = CONDITIONS[3::19]
"""Some of them, with every settle time, frame rate and lead among them."""


def conditions(chosen: Sequence[tuple[int, int, int]], tally: Tally) -> Iterator[tuple[Row, Bench, Exposure]]:
    """(row, bench, look) of each; a row of the table is a settle time and a frame rate."""
    for seed, (settle_ms, frame_rate, lead) in enumerate(chosen):
        if not tally.rows or (tally.rows[-1].settle_ms, tally.rows[-1].frame_rate) != (settle_ms, frame_rate):
            tally.rows.append(Row(settle_ms, frame_rate))
        bench = bench_for(settle_ms, frame_rate, lead, SensorFaults(seed=100 * seed))
        yield tally.rows[-1], bench, DARK if lead % 2 else BRIGHT


def tolerance(settle_ms: float, move: float) -> float:
    """Half a step of the lens, and what the exponential leaves of a move after the settle time."""
    left = math.exp(-TIME_CONSTANTS) if settle_ms else 0.0
    return HALF_A_STEP + QUANTUM + abs(move) * left


def judge(row: Row, pixels: Planes, lens: float, turntable: int) -> None:
    row.slices += 1
    row.wrong += abs(lens_in(pixels) - lens) > tolerance(row.settle_ms, SWEEP[0] - SWEEP[-1])
    row.stale += turntable_in(pixels) != turntable


# ---------------------------------------------------------- the driver


def reopened(bench: Bench, camera: PiCamera) -> PiCamera:
    camera.close()
    return bench.camera()


def keep(bench: Bench, camera: PiCamera, look: Exposure, lens: float, row: Row) -> tuple[PiCamera, Planes]:
    """What a scan does: ask again after an error; open the camera anew when it says that nothing else helps."""
    for _ in range(TRIES):
        try:
            camera.focus(lens)
            bench.clock.sleep(PAUSES_S[int(bench.turntable) % len(PAUSES_S)])
            if bench.turntable % LOOKS == 0:
                camera.look()
            asked = bench.clock.monotonic()
            taken = camera.capture()
        except RigLost:
            row.timeouts += 1
            camera = reopened(bench, camera)
            camera.lock(look)
        except HardwareError:
            row.timeouts += 1
        else:
            row.stale += taken.taken_at < asked - 1e-6
            assert taken.lens == pytest.approx(lens, abs=HALF_A_STEP)
            assert taken.exposure_us == pytest.approx(look.time_us, abs=30)
            assert bench.sensor.unreleased == 0
            return camera, taken.pixels
        row.retries += 1
    raise AssertionError(f"no slice in {TRIES} tries at {row}")


def driven(slices: int, chosen: Sequence[tuple[int, int, int]], told_ms: float | None = None) -> Tally:
    """The driver through these conditions, with faults; `slices` in each. `told_ms`: a settle time that is not true."""
    tally = Tally("the driver, with faults")
    numbers = count()
    for row, bench, look in conditions(chosen, tally):
        if told_ms is not None:
            bench.settings = bench.settings.model_copy(update={"lens_settle_ms": told_ms})
        camera = bench.camera()
        camera.lock(look)
        bench.sensor.set_faults(troubles(bench.faults.seed))
        bench.faults = troubles(bench.faults.seed + 50)
        for number in range(slices):
            lens = SWEEP[number % len(SWEEP)]
            bench.turntable = next(numbers) % 250
            camera, pixels = keep(bench, camera, look, lens, row)
            judge(row, pixels, lens, int(bench.turntable))
        row.faults += sum(sensor.misfortunes for sensor in bench.sensors)
    return tally


# ---------------------------------------------- drivers that believe


def until_it_matches(sensor: SimulatedSensor, lens: float) -> None:
    """Set the lens, and loop until the metadata say so."""
    sensor.set_controls({"AfMode": 0, "LensPosition": lens})
    for _ in range(60):
        if abs(take(sensor)[0]["LensPosition"] - lens) <= HALF_A_STEP:
            return
    raise AssertionError(f"the metadata never said {lens} D")


def believe(_: Bench, sensor: SimulatedSensor, lens: float) -> Planes:
    """Keep the frame that comes after the one that matches."""
    until_it_matches(sensor, lens)
    return take(sensor)[1]


def believe_and_wait(bench: Bench, sensor: SimulatedSensor, lens: float) -> Planes:
    """The same with the settle time in between, by the clock: the frame that lies ready then may be older."""
    until_it_matches(sensor, lens)
    bench.clock.sleep(bench.settings.lens_settle_ms * 1e-3)
    return take(sensor)[1]


def believed(naive: Naive, slices: int, chosen: Sequence[tuple[int, int, int]]) -> Tally:
    """A driver that believes the metadata, through the same conditions, without any fault."""
    tally = Tally(naive.__name__.replace("_", " ") + ", without faults")
    for row, bench, _ in conditions(chosen, tally):
        sensor = bench.started_sensor()
        believe(bench, sensor, SWEEP[-1])
        bench.clock.sleep(10.0)
        for number in range(slices):
            lens = SWEEP[number % len(SWEEP)]
            judge(row, naive(bench, sensor, lens), lens, 0)
    return tally


# ------------------------------------------------------------ the proofs

HURRIED = ((150, 10, 2), (150, 14, 2), (150, 14, 4))
"""Where frames come fast enough that the settle time counts."""


def prove(slices: int, chosen: Sequence[tuple[int, int, int]]) -> None:
    tally = driven(slices, chosen)
    tally.show()
    assert tally.total("slices") == slices * len(chosen)
    assert tally.total("wrong") == 0
    assert tally.total("stale") == 0
    assert tally.total("faults") > 0.05 * tally.total("slices"), "without faults it proves little"


def disprove(naive: Naive, slices: int, chosen: Sequence[tuple[int, int, int]]) -> None:
    tally = believed(naive, slices, chosen)
    tally.show()
    assert tally.total("wrong") > 0.2 * tally.total("slices")


def test_the_sample_has_every_condition() -> None:
    assert [set(values) for values in zip(*SAMPLE, strict=True)] == [set(SETTLE_MS), set(FRAME_RATES), set(LEADS)]


@pytest.mark.slow
def test_ten_thousand_slices_show_what_was_asked_for() -> None:
    prove(67, CONDITIONS)


@pytest.mark.slow
@pytest.mark.parametrize("naive", [believe, believe_and_wait])
def test_a_driver_that_believes_the_metadata_is_wrong_thousands_of_times(naive: Naive) -> None:
    disprove(naive, 67, CONDITIONS)


def test_a_sample_of_slices_shows_what_was_asked_for() -> None:
    prove(60, SAMPLE)


def test_a_settle_time_that_is_too_short_is_found_out() -> None:
    """The proof can fail: the driver is right only because it waits."""
    tally = driven(20, HURRIED, told_ms=0.0)
    tally.show()
    assert tally.total("wrong") > 0.1 * tally.total("slices")


@pytest.mark.parametrize("naive", [believe, believe_and_wait])
def test_a_driver_that_believes_the_metadata_fails_a_sample(naive: Naive) -> None:
    disprove(naive, 20, SAMPLE)
