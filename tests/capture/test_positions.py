"""What became of positions, from the journal."""

from datetime import UTC, datetime

import pytest

from scanner.capture.events import SweepFacts
from scanner.capture.positions import attainable, flagged, found_in, proposed, reports
from scanner.hardware.protocols import FocusFacts
from scanner.plan.sweep import MAX_SLICES
from scanner.slices import StackQuality, SweepProposal
from scanner.store.files import record_of
from scanner.store.journal import History, PositionDone
from tests.store.examples import slice_record

WELL = StackQuality()
SHORT = StackQuality(beyond_near=0.12, near_needed=13.1, proposal=SweepProposal(near=13.1, far=8.2, count=14))


def done(index: int, quality: StackQuality = WELL, **fared: object) -> PositionDone:
    record = slice_record(0, record_of("slice_00.jpg", b"slice")).model_copy(update=fared)
    return PositionDone(
        at=datetime(2026, 11, 22, tzinfo=UTC),
        index=index,
        turntable=15.0 * index,
        tilt=10.0,
        stack=record_of("x.jpg", b"stack"),
        slices=(record,),
        took_s=2.5,
        quality=quality,
    )


def test_there_is_nothing_to_say_of_a_stack_as_it_should_be() -> None:
    assert found_in(done(0)) == ()


def test_what_the_sweep_does_not_reach_is_told_with_where_to_go() -> None:
    (problem,) = found_in(done(0, SHORT))
    assert "12%" in problem.message
    assert "13.1" in problem.hint
    assert problem.code == "near-not-covered"


def test_a_slice_that_is_left_out_is_named() -> None:
    (problem,) = found_in(done(0, StackQuality(left_out=(0,)), left_out="unaligned"))
    assert "slice 0" in problem.message


def test_flagged_are_those_of_which_there_is_something_to_say() -> None:
    positions = [done(4, SHORT), done(0), done(2, WELL, left_out="dark"), done(3)]
    assert flagged(positions) == (2, 4)
    assert flagged([]) == ()


def test_reports_come_in_capture_order_without_files() -> None:
    history = History({index: done(index, SHORT if index else WELL) for index in (2, 0, 1)})
    first, *others = reports(history)
    assert [report.index for report in (first, *others)] == [0, 1, 2]
    assert (first.turntable, first.tilt, first.took_s, first.findings) == (0, 10, 2.5, ())
    assert all(report.quality == SHORT and len(report.findings) == 1 for report in others)
    document = first.model_dump(mode="json")
    assert "file" not in document["slices"][0]
    assert document["slices"][0]["focus_asked"] == 10.0
    assert set(document) == {
        "index",
        "turntable",
        "tilt",
        "took_s",
        "slices",
        "quality",
        "findings",
        "settle_s",
        "still",
        "mask",
        "depth",
    }


def test_a_rig_that_never_stood_still_is_told_first() -> None:
    unsteady = done(0, SHORT).model_copy(update={"settle_s": 3.04, "still": False})
    first, second = found_in(unsteady)
    assert (first.code, second.code) == ("unsteady", "near-not-covered")
    assert "3.0 s" in first.message
    assert "rig.settle.most_s" in first.hint


FACTS = FocusFacts(drive="lens", unit="D", far=0.0, near=15.0, step=0.01, coarse=1.0, depth_of_field=0.2)


def swept(
    index: int, proposal: SweepProposal | None, places: tuple[float | None, ...] = (12.0, 11.0, 10.0)
) -> PositionDone:
    """A position whose slices were asked for at `places`."""
    one = done(index, StackQuality(proposal=proposal))
    record = one.slices[0]
    taken = (record.model_copy(update={"index": k, "focus_asked": at}) for k, at in enumerate(places))
    return one.model_copy(update={"slices": tuple(taken)})


def test_a_scan_whose_positions_are_all_covered_needs_no_other_sweep() -> None:
    assert proposed([]) is None
    assert proposed([swept(0, None), swept(1, None)], FACTS) is None


def test_a_scan_needs_the_nearest_and_farthest_ends_and_the_finest_steps_of_its_positions() -> None:
    nearer = SweepProposal(near=13.2, far=10.0, count=5)
    finer = SweepProposal(near=12.0, far=8.0, count=11)
    one = proposed([swept(0, nearer), swept(1, None), swept(2, finer)])
    assert one == SweepProposal(near=13.2, far=8.0, count=14)


def test_the_sweep_of_a_scan_is_not_shortened_for_one_of_its_positions() -> None:
    one = proposed([swept(0, SweepProposal(near=13.0, far=11.0, count=3)), swept(1, None)])
    assert one is not None
    assert (one.near, one.far) == (13.0, 10.0)
    assert one.count == 4


def test_a_sweep_stays_within_the_reach_of_the_drive() -> None:
    one = proposed([swept(0, SweepProposal(near=17.0, far=10.0, count=8))], FACTS)
    assert one == SweepProposal(near=15.0, far=10.0, count=6)


def test_where_the_drive_cannot_go_further_nothing_is_proposed() -> None:
    at_its_end = swept(0, SweepProposal(near=17.0, far=13.0, count=5), (15.0, 14.0, 13.0))
    assert proposed([at_its_end], FACTS) is None
    assert proposed([at_its_end]) == SweepProposal(near=17.0, far=13.0, count=5)


def test_a_sweep_has_no_more_slices_than_a_plan_may_ask_for() -> None:
    fine, wide = SweepProposal(near=12.0, far=11.0, count=101), SweepProposal(near=12.0, far=2.0, count=5)
    one = proposed([swept(0, fine), swept(1, wide)], FACTS)
    assert one == SweepProposal(near=12.0, far=2.0, count=MAX_SLICES)


def test_a_rail_proposes_millimetres_and_unknown_positions_do_not_matter() -> None:
    rail = FACTS.model_copy(update={"drive": "rail", "unit": "mm", "near": 80.0})
    one = proposed(
        [swept(0, SweepProposal(near=42.5, far=12.0, count=8), (None, None)), swept(1, None, (30.0, 5.0))], rail
    )
    assert one is not None
    assert (one.near, one.far, one.count) == (42.5, 5.0, 10)


def test_findings_speak_of_the_unit_of_the_drive() -> None:
    (problem,) = found_in(done(0, SHORT), "mm")
    assert problem.hint == "Use near 13.1 mm, far 8.2 mm, 14 slices."


def test_how_sure_a_mask_is_matters_only_where_there_is_one() -> None:
    unsure = done(0, StackQuality(certainty=0.3))
    assert "mask" not in {found.code for found in found_in(unsure)}
    kept = unsure.model_copy(update={"mask": unsure.stack})
    assert "mask" in {found.code for found in found_in(kept)}


def test_slices_that_one_position_does_not_need_are_no_fault_of_it() -> None:
    assert found_in(done(0, StackQuality(idle=(0, 4, 5)))) == ()


@pytest.mark.parametrize(
    ("near", "far", "count", "limited"),
    [
        (13.1, 8.2, 14, SweepProposal(near=13.1, far=8.2, count=14)),
        (16.0, 8.0, 9, SweepProposal(near=15.0, far=8.0, count=8)),
        (16.0, 10.0, 4, None),
    ],
)
def test_a_proposal_stays_within_what_the_drive_reaches(
    near: float, far: float, count: int, limited: SweepProposal | None
) -> None:
    used = SweepFacts(near=15.0, far=10.0, count=4, reference=2)
    asked = StackQuality(proposal=SweepProposal(near=near, far=far, count=count))
    assert attainable(asked, used, FACTS).proposal == limited
    assert attainable(asked, used, None) == asked
    assert attainable(WELL, used, FACTS) == WELL
