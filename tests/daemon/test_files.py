"""What scans have left on disk, through the daemon."""

import json
import zipfile

import pytest

from scanner.capture.events import FinishReason
from scanner.capture.recorded import recorded_status
from scanner.clock import SystemClock
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.errors import NotFound
from scanner.plan.scan import OutputPlan, ScanPlan
from scanner.store.images import read_image
from scanner.store.scans import ScanStore
from tests.capture.fakes import FakeRig
from tests.daemon.runs import PLAN, finished, interrupted, until


def stacked_as(**stacking: object) -> ScanPlan:
    return ScanPlan.model_validate({**PLAN.model_dump(), "stacking": stacking})


def test_positions_say_what_became_of_each_slice(daemon: Daemon) -> None:
    scan = until(daemon, daemon.start_scan(PLAN).id, finished)
    reports = daemon.files.positions(scan.id)
    assert [(r.index, r.turntable, r.tilt) for r in reports] == [(0, 0, 10), (1, 120, 10), (2, 240, 10)]
    for report in reports:
        assert [s.index for s in report.slices] == [0, 1, 2, 3]
        assert [s.focus for s in report.slices] == [12, 11, 10, 9]
        assert all(s.likeness > 0.5 and s.left_out is None for s in report.slices)
        assert report.took_s > 0
        assert "file" not in report.model_dump()["slices"][0]
    assert scan.flagged == tuple(report.index for report in reports if report.findings)


def test_a_slice_that_shows_something_else_is_left_out_named_and_flagged(
    daemon: Daemon, rig: FakeRig, settings: Settings
) -> None:
    rig.camera.strange_at = (12.0,)
    seen: list[tuple[int, ...]] = []
    unsubscribe = daemon.subscribe(lambda status: seen.append(status.scan.flagged if status.scan else ()))
    scan = until(daemon, daemon.start_scan(PLAN).id, finished)
    unsubscribe()
    assert (scan.reason, scan.flagged) == (FinishReason.COMPLETED, (0, 1, 2))
    assert list(dict.fromkeys(seen)) == [(), (0,), (0, 1), (0, 1, 2)]
    for report in daemon.files.positions(scan.id):
        assert report.quality.left_out == (0,)
        assert report.slices[0].left_out == "unaligned"
        assert report.findings[0].code == "left-out-unaligned"
        assert "slice 0" in report.findings[0].message
        assert report.findings[0].hint
    assert recorded_status(ScanStore(settings.storage.data, SystemClock()).open(scan.id)).flagged == (0, 1, 2)


def test_a_scan_that_must_not_leave_slices_out_fails_in_words(daemon: Daemon, rig: FakeRig) -> None:
    rig.camera.strange_at = (12.0,)
    scan = until(daemon, daemon.start_scan(stacked_as(unaligned="fail")).id, finished)
    assert scan.reason == FinishReason.FAILED
    assert scan.problem is not None
    assert scan.problem.code == "alignment-failed"
    assert daemon.files.positions(scan.id) == ()


@pytest.mark.parametrize(
    "stacking", [{"method": "depth"}, {"method": "pyramid"}, {"measure": "variance"}, {"steepness": 1}, {"window": 8}]
)
def test_how_a_plan_wants_its_stacks_reaches_them(daemon: Daemon, stacking: dict[str, object]) -> None:
    plain, other = (until(daemon, daemon.start_scan(plan).id, finished) for plan in (PLAN, stacked_as(**stacking)))
    assert (plain.reason, other.reason) == (FinishReason.COMPLETED, FinishReason.COMPLETED)
    slices, stacks = (
        [read_image(path(scan.id, *which)).y for scan in (plain, other)]
        for path, which in ((daemon.files.slice_path, (0, 0)), (daemon.files.stack_path, (0,)))
    )
    assert (slices[0] == slices[1]).all()
    assert (stacks[0] != stacks[1]).any()


def test_the_reference_slice_of_a_plan_is_the_one_that_stays(daemon: Daemon) -> None:
    scan = until(daemon, daemon.start_scan(stacked_as(reference=0)).id, finished)
    assert scan.sweep is not None
    assert scan.sweep.reference == 0
    for report in daemon.files.positions(scan.id):
        assert report.slices[0].transform == ((1, 0, 0), (0, 1, 0))


def test_the_manifest_in_the_zip_has_quality_and_breathing(daemon: Daemon) -> None:
    scan = until(daemon, daemon.start_scan(PLAN).id, finished)
    path = daemon.files.export(scan.id)
    assert path.name == f"{scan.id}_photogrammetry.zip"
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["scan"]["breathing"] is None
    assert set(manifest["positions"][0]["quality"]) >= {"beyond_near", "left_out", "residual_px"}


def test_what_is_not_there(daemon: Daemon) -> None:
    with pytest.raises(NotFound):
        daemon.files.positions("20261122-051130-none")
    with pytest.raises(NotFound):
        daemon.files.manifest("none")


def test_masks_are_kept_by_default_and_depth_on_request(daemon: Daemon) -> None:
    plans = (PLAN, PLAN.model_copy(update={"output": OutputPlan(masks=False, depth=True)}))
    with_mask, with_depth = (until(daemon, daemon.start_scan(plan).id, finished) for plan in plans)
    assert [(report.mask, report.depth) for report in daemon.files.positions(with_mask.id)] == [(True, False)] * 3
    assert [(report.mask, report.depth) for report in daemon.files.positions(with_depth.id)] == [(False, True)] * 3
    assert read_image(daemon.files.mask_path(with_mask.id, 1)).size == (320, 240)
    assert read_image(daemon.files.depth_path(with_depth.id, 1)).bits == 16
    with pytest.raises(NotFound, match="no depth map of position 1"):
        daemon.files.depth_path(with_mask.id, 1)
    with pytest.raises(NotFound, match="no mask of position 1"):
        daemon.files.mask_path(with_depth.id, 1)


def test_the_next_part_of_a_download_is_of_the_archive_of_the_first_one(daemon: Daemon, rig: FakeRig) -> None:
    rig.camera.fail_at = 9.0
    scan = until(daemon, daemon.start_scan(PLAN).id, interrupted)
    rig.camera.fail_at = None
    first = daemon.files.stacks_archive(scan.id)
    assert daemon.files.stacks_archive(scan.id) is first
    assert daemon.files.stacks_archive(scan.id, "colmap") is not first
    daemon.resume(scan.id)
    until(daemon, scan.id, finished)
    whole = daemon.files.stacks_archive(scan.id)
    assert whole.etag != first.etag
    assert whole.size > first.size
