"""The rig by hand: focus, axes, light, exposure, and a look through the camera. Refused while a run holds the rig."""

from contextlib import AbstractContextManager

from scanner.capture.events import RigStatus
from scanner.capture.preparation import lock_exposure
from scanner.capture.preview import WHOLE, PreviewViewer, View
from scanner.capture.rig_thread import RigThread
from scanner.daemon.held_rig import HeldRig
from scanner.errors import CameraTimeout, NotFound
from scanner.hardware.protocols import Axis
from scanner.hardware.rig import Rig
from scanner.plan.scan import ExposurePlan
from scanner.units import FocusPosition

PREVIEW_TIMEOUT_S = 10.0


class Hand:
    """Each call returns when the rig has done it, with where the rig stands then."""

    def __init__(self, rig: HeldRig) -> None:
        self._rig = rig

    def move_focus(self, position: FocusPosition) -> RigStatus:
        """Drive the focus, in the unit of the drive. Raises RigBusy, OutOfRange, FixedFocus, HardwareError."""
        return self._rig.jog(lambda rig, _: rig.focus.move_to(position))

    def move_axis(self, name: str, angle: float) -> RigStatus:
        """Move one axis, in degrees. Raises NotFound, RigBusy, OutOfRange, MotionError."""
        return self._rig.jog(lambda rig, _: _axis(rig, name).move_to(angle))

    def home_axis(self, name: str) -> RigStatus:
        """Run one axis to its switch. Raises NotFound, RigBusy, NoSwitch, MotionError."""
        return self._rig.jog(lambda rig, _: _axis(rig, name).home())

    def zero_axis(self, name: str) -> RigStatus:
        """Call the place where one axis stands its zero. Raises NotFound, RigBusy, MotionError."""
        return self._rig.jog(lambda rig, _: _axis(rig, name).set_zero())

    def stop(self) -> RigStatus:
        """Stop every axis at once, whoever moves it: a scan is interrupted by that, and can be resumed."""
        self._rig.stop()
        return self._rig.status

    def release_motors(self) -> RigStatus:
        """Let the motors go, so that axes turn by hand. Raises RigBusy, MotionError."""
        return self._rig.jog(lambda rig, _: rig.motors.release())

    def set_light(self, level: float) -> RigStatus:
        """Brightness 0 to 1. Raises RigBusy, NotFound, OutOfRange."""

        def job(rig: Rig, _: RigThread) -> None:
            if rig.light is None:
                raise NotFound("This rig has no light.", "Light the object by hand.")
            rig.light.set(level)

        return self._rig.jog(job)

    def lock_exposure(self, plan: ExposurePlan) -> RigStatus:
        """Fix exposure and white balance, measuring what is "auto". Raises RigBusy, CameraTimeout."""
        return self._rig.jog(lambda rig, thread: thread.looked(lock_exposure(rig, plan)))

    def preview(self, view: View = WHOLE) -> bytes:
        """One JPEG of what the camera sees. Raises CameraTimeout."""
        with self._rig.feed.viewer(view) as viewer:
            frame = viewer.next(PREVIEW_TIMEOUT_S)
        if frame is None:
            raise CameraTimeout(f"The camera gave no picture for {PREVIEW_TIMEOUT_S:g} s.", "Look at the log.")
        return frame

    def preview_frames(self, view: View = WHOLE) -> AbstractContextManager[PreviewViewer]:
        """Watch the preview for as long as the context lasts."""
        return self._rig.feed.viewer(view)


def _axis(rig: Rig, name: str) -> Axis:
    if name not in rig.axes:
        raise NotFound(f"This rig has no axis {name!r}.", f"It has: {', '.join(rig.axes) or 'none'}.")
    return rig.axes[name]
