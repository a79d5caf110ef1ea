"""Finding a DSLR, deadlines, and the way back when it stops answering."""

import gc
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scanner.errors import CameraTimeout, ConfigError, HardwareError, HardwareMissing, RigLost
from scanner.hardware.gphoto2_body import Body, Refused
from scanner.hardware.gphoto2_session import Session
from scanner.hardware.guard import Guard, only_log
from scanner.hardware.settings import CameraSettings
from tests.hardware.dslrs import HANG, HANG_FOR_EVER, OPTICS, QUICK, FakeDslr, FakeGphoto2

BUSY, SILENT, GONE, FAILED = -53, -7, -52, -1


@pytest.fixture
def dslr() -> Iterator[FakeDslr]:
    camera = FakeDslr()
    yield camera
    camera.let_go.set()  # ends the thread of a call that hangs


def session_of(*bus: FakeDslr, serial: str | None = None, settings: CameraSettings = OPTICS) -> Session:
    return Session(FakeGphoto2(*bus), settings.model_copy(update={"serial": serial}), Guard(only_log))


def press(session: Session) -> str:
    return session.call("take a picture", Body.press).name


# ------------------------------------------------------------------- finding


def test_the_only_camera_is_taken(dslr: FakeDslr) -> None:
    session = session_of(dslr)
    assert (session.model, session.serial, session.connections) == ("Nikon DSC D750", "3001234", 1)
    assert press(session) == "DSC_0001.JPG"


def test_no_camera() -> None:
    with pytest.raises(HardwareMissing, match="No DSLR") as raised:
        session_of()
    assert "USB cable" in raised.value.hint


def test_several_cameras_need_a_serial_number(dslr: FakeDslr) -> None:
    other = FakeDslr(model="Canon EOS 700D", port="usb:001,005", serial="77")
    with pytest.raises(ConfigError, match=r"D750 \(3001234\), Canon EOS 700D \(77\)") as raised:
        session_of(dslr, other)
    assert "rig.camera.serial" in raised.value.hint
    assert dslr.calls[-1] == other.calls[-1] == "exit"


def test_the_serial_number_chooses(dslr: FakeDslr) -> None:
    other = FakeDslr(model="Canon EOS 700D", port="usb:001,005", serial="77")
    session = session_of(dslr, other, serial="77")
    assert (session.model, session.serial) == ("Canon EOS 700D", "77")
    press(session)
    assert (dslr.releases, other.releases) == (0, 1)
    assert dslr.calls[-1] == "exit"


def test_a_serial_number_that_no_camera_has(dslr: FakeDslr) -> None:
    with pytest.raises(HardwareMissing, match="'78'; there are: Nikon DSC D750 at usb:001,004"):
        session_of(dslr, serial="78")


def test_a_lone_camera_that_tells_no_number_takes_the_one_of_the_settings() -> None:
    assert session_of(FakeDslr(serial=""), serial="mine").serial == "mine"


def test_a_camera_that_tells_no_number_is_not_taken_for_another() -> None:
    nameless, chosen = FakeDslr(serial="", port="usb:001,001"), FakeDslr(serial="77", port="usb:001,002")
    session = session_of(nameless, chosen, serial="77")
    press(session)
    assert (nameless.releases, chosen.releases) == (0, 1)


def test_a_camera_that_another_program_holds(dslr: FakeDslr) -> None:
    dslr.fail("init", BUSY)
    with pytest.raises(HardwareMissing, match="Another program holds") as raised:
        session_of(dslr)
    assert "gvfs" in raised.value.hint


# ----------------------------------------------------------------- deadlines


def test_a_late_call_is_cancelled_and_told(dslr: FakeDslr) -> None:
    session = session_of(dslr, settings=QUICK)
    dslr.fail("capture", HANG)
    with pytest.raises(CameraTimeout, match=r"did not take a picture within 0\.3 s") as raised:
        press(session)
    assert "timeout_s" in raised.value.hint
    assert press(session) == "DSC_0001.JPG"  # the next call is not cancelled


def test_a_call_that_never_comes_back_loses_the_rig(dslr: FakeDslr) -> None:
    session = session_of(dslr, settings=QUICK)
    dslr.fail("capture", HANG_FOR_EVER)
    with pytest.raises(RigLost, match="hangs: it was to take a picture"):
        press(session)
    before = list(dslr.calls)
    with pytest.raises(RigLost, match="take a picture"):
        session.persist(lambda: press(session))
    session.close()
    assert dslr.calls == before  # the camera belongs to the call that hangs


def test_the_exposure_counts_twice(dslr: FakeDslr) -> None:
    """Noise reduction of long exposures takes a dark frame of the same length."""
    session = session_of(dslr, settings=QUICK)
    session.exposure_s = 0.1
    dslr.fail("capture", HANG)
    with pytest.raises(CameraTimeout, match=r"within 0\.5 s"):
        press(session)


class WatchedGuard(Guard):
    """Notes what it guards, and for how long."""

    def __init__(self) -> None:
        super().__init__(only_log)
        self.limits: list[tuple[float, str]] = []

    @contextmanager
    def limit(self, seconds: float, what: str) -> Iterator[None]:
        self.limits.append((seconds, what))
        yield


def test_a_guard_stands_behind_every_call(dslr: FakeDslr) -> None:
    """Beyond the deadline and the time to cancel, for calls in which no Python thread runs."""
    guard = WatchedGuard()
    session = Session(FakeGphoto2(dslr), QUICK, guard)
    press(session)
    session.close()
    assert [(round(seconds, 3), what.rpartition(" to ")[2]) for seconds, what in guard.limits] == [
        (1.5, "look for cameras"),
        (1.5, "connect"),
        (0.9, "read the serial number"),
        (0.9, "take a picture"),
        (0.9, "close"),
    ]


@pytest.mark.parametrize("call", ["init", "get serialnumber"])
def test_opening_has_a_deadline_too(dslr: FakeDslr, call: str) -> None:
    dslr.fail(call, HANG)
    with pytest.raises(CameraTimeout, match="did not"):
        session_of(dslr, settings=QUICK)


def test_no_thread_outlives_its_call(dslr: FakeDslr) -> None:
    session = session_of(dslr)
    for _ in range(5):
        press(session)
    session.close()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("camera: take")]


# ------------------------------------------------------------- the way back


@pytest.mark.parametrize("fault", [HANG, SILENT, FAILED, GONE])
def test_a_call_that_fails_once_is_repeated_on_a_new_connection(dslr: FakeDslr, fault: int) -> None:
    session = session_of(dslr, settings=QUICK if fault == HANG else OPTICS)
    dslr.fail("capture", fault)
    assert session.persist(lambda: press(session)) == "DSC_0001.JPG"
    assert session.connections == 2
    assert [call for call in dslr.calls if call in ("init", "exit", "capture")] == [
        "init", "capture", "exit", "init", "capture"]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "error"), [(HANG, RigLost), (SILENT, RigLost), (FAILED, Refused), (GONE, HardwareMissing)]
)
def test_what_fails_twice_is_told(dslr: FakeDslr, fault: int, error: type[HardwareError]) -> None:
    session = session_of(dslr, settings=QUICK if fault == HANG else OPTICS)
    dslr.fail("capture", fault, fault)
    with pytest.raises(error) as raised:
        session.persist(lambda: press(session))
    assert type(raised.value) is error
    assert "take a picture" in raised.value.message


def test_an_unplugged_camera_is_missing_and_works_when_it_is_back(dslr: FakeDslr) -> None:
    session = session_of(dslr)
    dslr.there = False
    for _ in range(2):
        with pytest.raises(HardwareMissing, match="No DSLR is there"):
            session.persist(lambda: press(session))
    dslr.there = True
    dslr.port = "usb:001,009"  # a new place on the bus
    assert session.persist(lambda: press(session)) == "DSC_0001.JPG"


def test_a_new_connection_finds_the_camera_of_the_same_number() -> None:
    chosen, other = FakeDslr(serial="1", port="usb:001,001"), FakeDslr(serial="2", port="usb:001,002")
    session = session_of(other, chosen, serial="1")
    chosen.fail("capture", SILENT)
    session.persist(lambda: press(session))
    assert (chosen.releases, other.releases) == (1, 0)


def test_a_connection_that_cannot_be_left_is_dropped(dslr: FakeDslr, caplog: pytest.LogCaptureFixture) -> None:
    session = session_of(dslr)
    dslr.fail("capture", SILENT)
    dslr.fail("exit", SILENT)
    assert session.persist(lambda: press(session)) == "DSC_0001.JPG"
    assert "could not be left" in caplog.text


@pytest.mark.parametrize("fault", [HANG, SILENT, FAILED])
def test_a_connection_that_was_left_is_gone_at_once(dslr: FakeDslr, fault: int) -> None:
    """An error that keeps it would keep the port, until some time later the collector comes round."""
    session = session_of(dslr, settings=QUICK if fault == HANG else OPTICS)
    left = weakref.ref(session._body)
    dslr.fail("capture", fault)
    gc.disable()
    try:
        session.persist(lambda: press(session))
        assert left() is None
    finally:
        gc.enable()


def test_closing_twice_is_harmless_and_nothing_opens_it_again(dslr: FakeDslr) -> None:
    session = session_of(dslr)
    session.close()
    session.close()
    assert dslr.calls.count("exit") == 1
    with pytest.raises(HardwareMissing, match="closed"):
        session.persist(lambda: press(session))
    assert dslr.calls.count("init") == 1


def test_an_error_of_the_caller_is_no_reason_to_connect_anew(dslr: FakeDslr) -> None:
    session = session_of(dslr)

    def wrong() -> None:
        raise ValueError("not the camera's fault")

    with pytest.raises(ValueError, match="fault"):
        session.persist(wrong)
    assert session.connections == 1
