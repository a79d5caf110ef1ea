"""What became of positions, from the journal."""

from datetime import UTC, datetime

from scanner.capture.positions import flagged, found_in, reports
from scanner.slices import StackQuality
from scanner.store.files import record_of
from scanner.store.journal import History, PositionDone
from tests.store.examples import slice_record

WELL = StackQuality()
SHORT = StackQuality(beyond_near=0.12, near_needed=13.1)


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
    }


def test_a_rig_that_never_stood_still_is_told_first() -> None:
    unsteady = done(0, SHORT).model_copy(update={"settle_s": 3.04, "still": False})
    first, second = found_in(unsteady)
    assert (first.code, second.code) == ("unsteady", "near-not-covered")
    assert "3.0 s" in first.message
    assert "rig.settle.most_s" in first.hint


def test_findings_speak_of_the_unit_of_the_drive() -> None:
    (problem,) = found_in(done(0, SHORT), "mm")
    assert "13.10 mm" in problem.hint
