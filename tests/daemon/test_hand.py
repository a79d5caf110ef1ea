"""The rig by hand, through the daemon."""

import pytest

from scanner.daemon import Daemon
from scanner.errors import (
    NotFound,
    OutOfRange,
)
from scanner.plan.scan import ExposurePlan
from tests.capture.fakes import LOOK, FakeRig


def test_jogs_reach_the_rig_and_show_in_the_status(daemon: Daemon, rig: FakeRig) -> None:
    daemon.hand.move_focus(7.5)
    daemon.hand.home_axis("turntable")
    daemon.hand.move_axis("turntable", 45)
    daemon.hand.set_light(0.5)
    status = daemon.hand.lock_exposure(ExposurePlan(time_us=20_000))
    assert status.focus == 7.5
    assert status.axes == {"turntable": 45, "tilt": 0}
    assert status.light == 0.5
    assert status.exposure is not None
    assert (status.exposure.time_us, status.exposure.red_gain) == (20_000, LOOK.red_gain)
    assert rig.log.values("focus") == [10, 7.5]


def test_jogs_outside_the_limits_are_refused(daemon: Daemon) -> None:
    with pytest.raises(OutOfRange):
        daemon.hand.move_focus(99)
    with pytest.raises(NotFound, match="no axis 'zoom'"):
        daemon.hand.move_axis("zoom", 1)


def test_previews_are_taken_only_while_somebody_looks(daemon: Daemon, rig: FakeRig) -> None:
    assert rig.log.values("look") == []
    assert daemon.hand.preview().startswith(b"\xff\xd8")
    taken = len(rig.log.values("look"))
    assert taken >= 1
    with daemon.hand.preview_frames() as viewer:
        assert viewer.next(5)
        assert viewer.next(5)
