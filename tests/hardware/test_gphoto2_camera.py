"""The DSLR driver: on a library with faults on demand, and on libgphoto2's own virtual camera."""

import gc
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg

from scanner.clock import FakeClock, SystemClock
from scanner.errors import CameraError, ConfigError, FixedFocus, HardwareMissing, RigLost
from scanner.hardware.gphoto2_camera import open_gphoto2
from scanner.hardware.protocols import Camera, Exposure
from scanner.hardware.settings import CameraSettings
from tests.hardware.dslrs import (
    HANG,
    OPTICS,
    QUICK,
    FakeDial,
    FakeDslr,
    FakeFile,
    exif,
    jpeg,
    open_fake,
    open_virtual,
    virtual_library,
)

SILENT, REFUSED, FULL, BUSY = -7, -1, -115, -53
TOLD = exif(exposure=(1, 50), iso=400, f_number=(80, 10), focal_length=(100, 1), plane_x=(6350, 1))


# ------------------------------------------------------------------- opening


def test_facts_come_from_the_camera_and_the_settings() -> None:
    facts = open_fake(FakeDslr()).facts
    assert (facts.model, facts.serial) == ("Nikon DSC D750", "3001234")
    assert (facts.width, facts.height) == (240, 160)
    assert (facts.focal_length_mm, facts.f_number, facts.pixel_pitch_um) == (60, 8, 4)
    assert facts.lens is None
    assert (facts.hflip, facts.vflip) == (False, False)


def test_optics_come_from_exif_where_the_settings_are_silent() -> None:
    dslr = FakeDslr(pictures=[jpeg(exif=TOLD)])
    facts = open_fake(dslr, settings=CameraSettings(driver="gphoto2")).facts
    assert (facts.focal_length_mm, facts.f_number, facts.pixel_pitch_um) == (100, 8, 4)
    facts = open_fake(dslr, settings=CameraSettings(driver="gphoto2", f_number=11)).facts
    assert (facts.focal_length_mm, facts.f_number) == (100, 11)


def test_unknown_optics_name_their_keys_and_the_camera_is_left() -> None:
    dslr = FakeDslr()
    with pytest.raises(ConfigError, match="does not tell its optics") as raised:
        open_fake(dslr, settings=CameraSettings(f_number=8))
    assert raised.value.hint == "Set rig.camera.focal_length_mm, rig.camera.pixel_pitch_um in the config."
    assert dslr.calls[-1] == "exit"


def test_a_size_that_the_camera_does_not_have() -> None:
    with pytest.raises(ConfigError, match="takes 240 x 160 pixels, not 300 x 160") as raised:
        open_fake(FakeDslr(), settings=OPTICS.model_copy(update={"width": 300}))
    assert "rig.camera.width" in raised.value.hint


@pytest.mark.parametrize("setting", [{"tuning_file": "imx519.json"}, {"sensor_mode": "4608x2592"}])
def test_settings_of_another_driver_are_refused(setting: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="tuning_file"):
        open_fake(FakeDslr(), settings=OPTICS.model_copy(update=setting))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModuleNotFoundError("No module named 'gphoto2'", name="gphoto2"), "gphoto2 is not there"),
        (ImportError("libusb-1.0.so.0: cannot open shared object file"), "libusb"),
    ],
)
def test_a_missing_library_says_what_to_install(error: ImportError, words: str) -> None:
    def load(name: str) -> Any:
        assert name == "gphoto2"
        raise error

    with pytest.raises(HardwareMissing, match=words) as raised:
        open_gphoto2(OPTICS, SystemClock(), load)
    assert 'pip install "focusrig[dslr]"' in raised.value.hint


def test_no_camera_and_a_held_camera() -> None:
    with pytest.raises(HardwareMissing, match="No DSLR"):
        open_fake()
    dslr = FakeDslr()
    dslr.fail("init", BUSY)
    with pytest.raises(HardwareMissing, match="Another program"):
        open_fake(dslr)


def test_the_driver_is_a_camera() -> None:
    camera: Camera = open_fake(FakeDslr())
    with pytest.raises(FixedFocus, match="5 D") as raised:
        camera.focus(5.0)
    assert "rail" in raised.value.hint


# ------------------------------------------------------------------ pictures


def test_a_picture_with_the_facts_of_its_own_exif() -> None:
    clock = FakeClock()
    camera = open_fake(FakeDslr(pictures=[jpeg(40), jpeg(120, exif=TOLD)]), clock=clock)
    clock.sleep(7)
    taken = camera.capture()
    assert taken.pixels.size == (240, 160)
    assert int(taken.pixels.y[5, 5]) == 120
    assert (taken.exposure_us, taken.gain, taken.lens) == (20_000, 4.0, None)
    assert taken.taken_at == 7.0


def test_without_exif_the_locked_look_counts() -> None:
    camera = open_fake(FakeDslr())
    assert (camera.capture().exposure_us, camera.capture().gain) == (0, 1.0)
    camera.lock(None)
    assert (camera.capture().exposure_us, camera.capture().gain) == (10_000, 2.0)


def test_the_camera_does_not_fill_up() -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr)
    for _ in range(3):
        camera.capture()
        assert dslr.files == {}
    dslr.endings = (".JPG", ".NEF")
    for _ in range(3):
        camera.capture()
        assert list(dslr.files) == [f"DSC_{dslr.releases:04d}.NEF"]  # it comes late, and goes before the next picture


@pytest.mark.parametrize("endings", [(".NEF", ".JPG"), (".NEF", ".JPG", ".WAV"), (".CR2", ".THM", ".jpeg")])
def test_of_raw_and_jpeg_the_jpeg_is_taken(endings: tuple[str, ...]) -> None:
    dslr = FakeDslr(endings=endings, pictures=[jpeg(60)])
    assert int(open_fake(dslr).capture().pixels.y[0, 0]) == 60
    assert dslr.files == {}


def test_only_raw_is_refused_and_deleted() -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr, clock=FakeClock())
    dslr.endings = (".NEF",)
    with pytest.raises(CameraError, match="raw file and no JPEG") as raised:
        camera.capture()
    assert "JPEG, fine" in raised.value.hint
    assert dslr.files == {}


def test_a_late_file_never_passes_for_the_new_picture() -> None:
    """As with a Canon: the release returns whatever was added last."""
    dslr = FakeDslr(pictures=[jpeg(10), jpeg(200)])
    camera = open_fake(dslr)
    dslr.files["DSC_0001.JPG"] = jpeg(10)
    dslr.events.append(FakeFile("/card", "DSC_0001.JPG"))
    assert int(camera.capture().pixels.y[0, 0]) == 200
    assert dslr.files == {}


def test_pictures_of_others_stay() -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr)
    dslr.files["IMG_7777.JPG"] = jpeg()
    dslr.events.append(FakeFile("/card", "IMG_7777.JPG"))
    camera.capture()
    assert list(dslr.files) == ["IMG_7777.JPG"]


def test_a_picture_that_cannot_be_deleted_is_no_reason_to_fail(caplog: pytest.LogCaptureFixture) -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr)
    dslr.fail("file_delete", REFUSED)
    with caplog.at_level(logging.WARNING):
        assert camera.capture().pixels.width == 240
    assert "DSC_0002.JPG stays" in caplog.text


def test_pictures_of_another_size_are_refused() -> None:
    camera = open_fake(FakeDslr(pictures=[jpeg(), jpeg(size=(120, 80))]))
    with pytest.raises(CameraError, match="120 x 80 pixels, no longer 240 x 160"):
        camera.capture()


def test_pictures_are_mirrored_as_asked() -> None:
    x = np.linspace(0, 255, 240).astype(np.uint8)
    data = bytes(simplejpeg.encode_jpeg(np.tile(x[None, :, None], (160, 1, 3)), quality=98))
    plain = open_fake(FakeDslr(pictures=[data]))
    turned = open_fake(FakeDslr(pictures=[data]), settings=OPTICS.model_copy(update={"hflip": True}))
    assert turned.facts.hflip
    assert np.array_equal(turned.capture().pixels.y, plain.capture().pixels.y[:, ::-1])
    assert turned.look().y[0, 0] > 200


# ---------------------------------------------------------------------- look


def test_look_shows_the_live_view_and_moves_no_shutter() -> None:
    dslr = FakeDslr(live=jpeg(66, (960, 640)))
    camera = open_fake(dslr, settings=OPTICS.model_copy(update={"preview_width": 480}))
    small = camera.look()
    assert small.size == (480, 320)
    assert int(small.y[0, 0]) == 66
    assert dslr.releases == 1


def test_look_without_live_view_takes_a_picture_and_does_not_ask_again() -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr, settings=OPTICS.model_copy(update={"preview_width": 320}))
    for _ in range(3):
        assert camera.look().size == (240, 160)
    assert dslr.releases == 4
    assert dslr.calls.count("capture_preview") == 1


def test_a_live_view_that_fails_once_is_asked_again() -> None:
    dslr = FakeDslr(live=jpeg())
    camera = open_fake(dslr)
    dslr.fail("capture_preview", REFUSED)
    camera.look()
    camera.look()
    assert dslr.releases == 2


# ---------------------------------------------------------------------- lock


def test_lock_returns_what_the_dials_say() -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr)
    took = camera.lock(Exposure(time_us=18_000, gain=3.5, red_gain=2, blue_gain=2))
    assert took == Exposure(time_us=20_000, gain=4.0, red_gain=1.0, blue_gain=1.0)
    assert (dslr.dials["shutterspeed"].value, dslr.dials["iso"].value) == ("1/50", "400")
    assert camera.lock(took) == took


def test_lock_none_keeps_what_the_camera_is_set_to() -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr)
    assert camera.lock(None) == Exposure(time_us=10_000, gain=2.0, red_gain=1.0, blue_gain=1.0)
    assert not [call for call in dslr.calls if call.startswith("set ")]


def test_lock_none_after_another_look_keeps_that() -> None:
    camera = open_fake(FakeDslr())
    took = camera.lock(Exposure(time_us=20_000, gain=8, red_gain=1, blue_gain=1))
    assert camera.lock(None) == took


def test_a_camera_without_dials_tells_its_exposure_by_exif() -> None:
    dslr = FakeDslr(pictures=[jpeg(exif=TOLD)])
    dslr.dials.clear()
    took = open_fake(dslr).lock(None)
    assert (took.time_us, took.gain) == (20_000, 4.0)


def test_a_camera_that_tells_nothing_is_refused() -> None:
    dslr = FakeDslr()
    dslr.dials.clear()
    camera = open_fake(dslr)
    with pytest.raises(CameraError, match="does not tell its exposure"):
        camera.lock(None)


def test_a_camera_that_meters_each_picture_is_refused() -> None:
    dslr = FakeDslr()
    dslr.dials["iso"].value = "Auto"
    camera = open_fake(dslr)
    with pytest.raises(CameraError, match="by itself"):
        camera.lock(None)
    assert camera.lock(Exposure(time_us=10_000, gain=1, red_gain=1, blue_gain=1)).gain == 1.0


def test_autofocus_is_off_before_the_first_picture() -> None:
    dslr = FakeDslr(dials={"autofocus": FakeDial("On", ["On", "Off"])})
    open_fake(dslr)
    assert dslr.dials["autofocus"].value == "Off"
    assert dslr.calls.index("set autofocus") < dslr.calls.index("capture")


# -------------------------------------------------------------------- faults


@pytest.mark.parametrize("call", ["capture", "file_get", "wait_for_event", "get shutterspeed"])
@pytest.mark.parametrize("fault", [SILENT, REFUSED, HANG])
def test_one_fault_costs_no_picture(call: str, fault: int) -> None:
    dslr = FakeDslr(pictures=[jpeg(10), jpeg(50)])
    camera = open_fake(dslr, settings=QUICK if fault == HANG else OPTICS)
    took = camera.lock(Exposure(time_us=20_000, gain=8, red_gain=1, blue_gain=1))
    dslr.fail(call, fault)
    if call == "get shutterspeed":
        assert camera.lock(took) == took
    assert int(camera.capture().pixels.y[0, 0]) == 50
    assert dslr.calls.count("init") == 2


def test_the_look_is_set_again_after_a_new_connection() -> None:
    dslr = FakeDslr(dials={"autofocus": FakeDial("On", ["On", "Off"])})
    camera = open_fake(dslr)
    camera.lock(Exposure(time_us=20_000, gain=8, red_gain=1, blue_gain=1))
    dslr.dials["shutterspeed"].value, dslr.dials["autofocus"].value = "1/200", "On"  # it forgot
    dslr.fail("capture", SILENT)
    camera.capture()
    assert (dslr.dials["shutterspeed"].value, dslr.dials["autofocus"].value) == ("1/50", "Off")


def test_a_full_card_is_said() -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr)
    dslr.fail("capture", FULL, FULL)
    with pytest.raises(CameraError, match="memory of the camera is full"):
        camera.capture()


def test_a_dead_camera_ends_as_a_lost_rig() -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr)
    dslr.fail("capture", SILENT, SILENT)
    with pytest.raises(RigLost, match="Connecting anew did not help"):
        camera.capture()


def test_an_unplugged_camera_is_missing() -> None:
    dslr = FakeDslr()
    camera = open_fake(dslr)
    dslr.there = False
    for act in (camera.capture, camera.look, lambda: camera.lock(None)):
        with pytest.raises(HardwareMissing, match="No DSLR"):
            act()
    camera.close()
    camera.close()


# ------------------------------------------- libgphoto2 and its virtual camera


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Any]:
    with virtual_library(tmp_path / "dslr", jpeg(120, (241, 161), TOLD)) as found:
        yield found
        gc.collect()  # the virtual camera lives as long as any connection


def test_virtual_pictures(library: Any) -> None:
    camera = open_virtual(library)
    facts = camera.facts
    assert (facts.model, facts.serial, facts.width, facts.height) == ("Nikon DSC D750", "0.1", 241, 161)
    before = SystemClock().monotonic()
    first, second = camera.capture(), camera.capture()
    assert before <= first.taken_at < second.taken_at <= SystemClock().monotonic()
    assert first.pixels.kind == "241 x 161 with chroma 121 x 81, 8 bit"
    assert int(first.pixels.y[80, 120]) == 120
    assert (first.exposure_us, first.gain) == (20_000, 4.0)
    assert camera.look().size == (241, 161)
    camera.close()


def test_virtual_dials(library: Any) -> None:
    camera = open_virtual(library)
    took = camera.lock(Exposure(time_us=17_000, gain=4, red_gain=1, blue_gain=1))
    assert (took.time_us, took.gain) == (20_000, 4.0)  # "0.0200s"; it has no ISO: that of EXIF
    assert camera.lock(None) == took
    assert camera.lock(took) == took
    camera.close()
    camera.close()


def test_virtual_card_is_left_as_it_was(library: Any) -> None:
    camera = open_virtual(library)
    camera.capture()
    camera.close()
    del camera
    raw = library.Camera()
    raw.init()
    names = raw.folder_list_files("/store_00010001/DCIM")
    assert [names.get_name(index) for index in range(names.count())] == ["IMG_0.jpg"]
    raw.exit()


def test_virtual_camera_is_opened_again_and_again(library: Any) -> None:
    """Each opening is a new object: libgphoto2 cannot begin again with one that was left."""
    for _ in range(2):
        camera = open_virtual(library)
        camera.capture()
        camera.close()
        del camera


@pytest.mark.slow
def test_virtual_camera_that_runs_full_goes_on_after_connecting_anew(
    library: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It gives 26 pictures a life."""
    camera = open_virtual(library)
    with caplog.at_level(logging.WARNING):
        assert [camera.capture().pixels.width for _ in range(30)] == [241] * 30
    assert caplog.text.count("Connecting anew") == 1
    assert "memory of the camera is full" in caplog.text
    camera.close()
