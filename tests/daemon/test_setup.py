"""Settings changed while the daemon runs."""

import pytest

from scanner.clock import SystemClock
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.errors import (
    ConfigError,
    HardwareMissing,
)
from tests.capture.fakes import FakeRig
from tests.daemon.runs import running


def test_a_partial_settings_document_keeps_what_only_the_file_may_set(daemon: Daemon, settings: Settings) -> None:
    view = daemon.setup.change(Settings.model_validate({"storage": {"reserve_mb": 5}}))
    assert view.settings.storage.data == settings.storage.data
    assert view.settings.storage.reserve_mb == 5


def test_a_rig_that_refuses_its_config_leaves_the_old_one_open(rig: FakeRig, settings: Settings) -> None:
    def opener(wanted: Settings, _clock: object) -> object:
        if wanted.rig.camera.hflip:
            raise ConfigError("This module needs a focal length.")
        return rig.open()

    daemon = Daemon(settings, SystemClock(), opener)  # type: ignore[arg-type]
    daemon.start()
    try:
        with pytest.raises(ConfigError):
            daemon.setup.change(Settings.model_validate({"rig": {"camera": {"hflip": True}}}))
        assert daemon.hand.move_focus(5).focus == 5
    finally:
        daemon.close()


def test_changed_settings_are_kept_and_open_the_rig_anew(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        document = daemon.settings.model_dump()
        document["rig"]["camera"]["lens_settle_ms"] = 150
        view = daemon.setup.change(Settings.model_validate(document))
        assert view.overridden == ("rig.camera.lens_settle_ms",)
        assert len(rig.log.values("close")) == 1
        assert daemon.hand.move_focus(5).focus == 5
    assert Daemon(settings).settings.rig.camera.lens_settle_ms == 150


def test_settings_with_which_the_rig_does_not_open_leave_the_old_ones_in_force(
    rig: FakeRig, settings: Settings
) -> None:
    def opener(wanted: Settings, _clock: object) -> object:
        if wanted.rig.kind == "pi":
            raise HardwareMissing("No camera.")
        return rig.open()

    daemon = Daemon(settings, SystemClock(), opener)  # type: ignore[arg-type]
    daemon.start()
    try:
        document = settings.model_dump()
        document["rig"]["kind"] = "pi"
        with pytest.raises(HardwareMissing):
            daemon.setup.change(Settings.model_validate(document))
        assert daemon.settings == settings
        assert daemon.hand.move_focus(5).focus == 5
    finally:
        daemon.close()
