"""Breathing as calibrated, against laws that are known: made up, and of a rendered scene."""

from collections.abc import Iterable

import numpy as np
import pytest

from scanner.errors import CalibrationFailed
from scanner.stacking.align import align, target
from scanner.stacking.breathing import Breathing, Calibration, Measured, calibrate
from scanner.stacking.geometry import Similarity
from tests.stacking.scene import Scene

SIZE = (1280, 720)
LENS = Breathing(power=260.0, centre=(0.02, -0.01))
POSITIONS = (12.5, 11.8, 11.1, 9.7, 9.0, 8.3)
REFERENCE = 10.4


def measured(
    breathing: Breathing = LENS,
    positions: Iterable[float] = POSITIONS,
    *,
    shake: float = 0.0,
    scatter: float = 0.0,
    seed: int = 1,
) -> list[Measured]:
    """One stack: shifts scatter by `shake` pixels, scales by `scatter` ppm."""
    rng = np.random.default_rng(seed)
    found = []
    for lens in positions:
        step = rng.normal(0, (scatter * 1e-6, 1e-4, shake, shake))
        place = breathing.similarity(lens, REFERENCE, SIZE).stepped(step)
        found.append(Measured(lens, REFERENCE, place))
    return found


def ppm(calibration: Calibration, breathing: Breathing = LENS) -> float:
    """Error of the scale, ppm a dioptre."""
    mine, true = (b.similarity(REFERENCE + 1, REFERENCE, SIZE).scale for b in (calibration.breathing, breathing))
    return 1e6 * (mine - true)


def test_scale_is_that_of_a_thin_lens() -> None:
    """f = 5 mm: image distances 1 / (200 - 10) and 1 / (200 - 0)."""
    lens = Breathing(power=200.0, centre=(0.0, 0.0))
    assert lens.similarity(10, 0, SIZE).scale == pytest.approx(200 / 190)
    assert lens.similarity(10, 0, SIZE).parameters[1:] == (0, 0, 0)
    assert lens.similarity(7, 7, SIZE) == Similarity()


@pytest.mark.parametrize(("lens", "reference"), [(12.0, 8.0), (0.0, 9.0)])
def test_the_fixed_point_stays_and_ways_over_any_position_agree(lens: float, reference: float) -> None:
    whole = np.vstack([LENS.similarity(lens, reference, SIZE).matrix(SIZE), [0, 0, 1]])
    first, second = (
        np.vstack([LENS.similarity(b, a, SIZE).matrix(SIZE), [0, 0, 1]]) for a, b in ((reference, 5.0), (5.0, lens))
    )
    fixed = np.array([639.5 + 0.02 * 1280, 359.5 - 0.01 * 1280, 1])
    assert np.allclose(whole @ fixed, fixed)
    assert np.allclose(second @ first, whole)


@pytest.mark.parametrize("power", [130.0, 260.0, 900.0, -400.0])
def test_a_law_without_noise_is_found_exactly(power: float) -> None:
    lens = Breathing(power=power, centre=(0.015, 0.03))
    found = calibrate(measured(lens), SIZE)
    assert found.breathing.power == pytest.approx(power, rel=1e-6)
    assert found.breathing.centre == pytest.approx(lens.centre, abs=1e-6)
    assert found.scale_error_ppm < 0.1
    assert found.residual_px < 0.1
    assert (found.slices, found.outliers) == (6, 0)


def test_a_lens_that_does_not_breathe_but_shifts_keeps_its_shift() -> None:
    moved = [Measured(lens, 0.0, Similarity(0, 0, 0.5 * lens, -0.2 * lens)) for lens in range(1, 7)]
    found = calibrate(moved, SIZE).breathing.similarity(4.0, 0.0, SIZE)
    assert found.parameters == pytest.approx((0, 0, 2.0, -0.8), abs=1e-5)


def test_a_lens_that_does_nothing_has_a_calibration_that_does_nothing() -> None:
    found = calibrate([Measured(lens, 4.0, Similarity()) for lens in range(8)], SIZE)
    assert found.breathing.similarity(7.0, 4.0, SIZE).parameters == pytest.approx((0, 0, 0, 0), abs=1e-5)


def test_several_stacks_average_shake_and_errors() -> None:
    stacks = [m for seed in range(8) for m in measured(shake=0.35, scatter=60, seed=seed)]
    found = calibrate(stacks, SIZE)
    assert abs(ppm(found)) < 15
    assert abs(ppm(found)) < 3 * found.scale_error_ppm
    assert found.scale_error_ppm < 15
    assert found.residual_px == pytest.approx(0.35 * 2**0.5, rel=0.25)
    assert found.breathing.centre == pytest.approx(LENS.centre, abs=0.03)


def test_one_calibration_fits_stacks_of_different_references() -> None:
    stacks = measured() + [Measured(d, 8.3, LENS.similarity(d, 8.3, SIZE)) for d in (12.5, 9.0, 10.4)]
    assert calibrate(stacks, SIZE).breathing.power == pytest.approx(260, rel=1e-6)


@pytest.mark.parametrize("wrong", [(0.01, 0, 0, 0), (0, 0, 40.0, 0), (-0.02, 0, 0, 25.0)])
def test_slices_that_contradict_the_rest_are_as_good_as_ignored(wrong: tuple[float, ...]) -> None:
    stacks = [m for seed in range(3) for m in measured(shake=0.3, scatter=40, seed=seed)]
    spoilt = stacks + [
        Measured(m.lens, m.reference, m.similarity.stepped(np.array(wrong)))
        for m in measured(positions=(12.5, 11.8, 8.3))
    ]
    clean, found = calibrate(stacks, SIZE), calibrate(spoilt, SIZE)
    assert found.outliers >= 3
    assert found.slices == 21
    assert abs(ppm(found) - ppm(clean)) < 10
    assert found.breathing.centre == pytest.approx(clean.breathing.centre, abs=0.005)
    assert found.residual_px < 1


def test_a_stack_that_was_aligned_badly_does_little_harm() -> None:
    assert abs(ppm(calibrate(measured(scatter=20) + measured(scatter=400, seed=2), SIZE))) < 15


def test_slices_at_the_reference_lens_position_are_passed_over() -> None:
    found = calibrate([*measured(), Measured(REFERENCE, REFERENCE, Similarity(dx=1.0))], SIZE)
    assert found.slices == 6


@pytest.mark.parametrize("count", [0, 3])
def test_too_few_slices_are_said_to_be_too_few(count: int) -> None:
    with pytest.raises(CalibrationFailed, match=f"needs 4 slices .* {count} could be used") as failed:
        calibrate(measured(positions=POSITIONS[:count]), SIZE)
    assert "texture" in failed.value.hint


def test_lens_positions_close_together_are_said_to_be_so() -> None:
    with pytest.raises(CalibrationFailed, match=r"span 0.10 D") as failed:
        calibrate(measured(positions=(10.35, 10.38, 10.42, 10.45)), SIZE)
    assert "sweep" in failed.value.hint


def test_transforms_that_follow_no_lens_are_refused() -> None:
    with pytest.raises(CalibrationFailed, match="do not breathe as a lens") as failed:
        calibrate(measured(scatter=3000), SIZE)
    assert "lens positions" in failed.value.hint


@pytest.mark.parametrize(("width", "most"), [(1280, 3.84), (4056, 12.17), (320, 2.0)])
def test_shake_is_refused_however_well_the_scale_is_known(width: int, most: float) -> None:
    """Over many stacks the scale averages out, but what the law leaves does not, and it says where the point is."""
    size = (width, width * 9 // 16)
    still, shaken = (
        [m for seed in range(8) for m in measured(shake=share * most, scatter=10, seed=seed)] for share in (0.5, 1.0)
    )
    assert 0.5 * most < calibrate(still, size).residual_px < most
    with pytest.raises(CalibrationFailed, match=rf"shakes: .* {most:.2f} px is the most") as failed:
        calibrate(shaken, size)
    assert "firm ground" in failed.value.hint


def test_a_calibration_survives_being_stored() -> None:
    found = calibrate(measured(shake=0.3), SIZE)
    assert Calibration.model_validate_json(found.model_dump_json()) == found


def in_dioptres(scene: Scene, power: float, index: int) -> float:
    """The lens position at which a lens of `power` has the scale that slice `index` has."""
    return power - (power - REFERENCE) / float(np.hypot(*scene.transform(index)[:, 0]))


def test_a_rendered_lens_is_known_to_fifty_ppm_a_dioptre() -> None:
    """Three small stacks, shaken, over 4 dioptres."""
    lens = Breathing(power=260.0, centre=(0.52 - 239.5 / 480, (0.47 * 360 - 179.5) / 480))
    found: list[Measured] = []
    for seed in (1, 2, 3):
        scene = Scene(seed=seed, breathing=0.016)
        reference = target(scene.slice(scene.reference).pixels.y)
        for index in (0, 1, 3, 4):
            fit = align(reference, scene.slice(index).pixels.y, Similarity())
            assert fit is not None
            found.append(Measured(in_dioptres(scene, 260.0, index), REFERENCE, fit.similarity))
    calibration = calibrate(found, (scene.width, scene.height))
    assert abs(ppm(calibration, lens)) < 50
    assert calibration.scale_error_ppm < 50
    away = [b.similarity(12.5, REFERENCE, SIZE).dx for b in (calibration.breathing, lens)]
    assert away[0] == pytest.approx(away[1], abs=1.0)
