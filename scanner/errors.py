"""The one exception tree. Every error has a code for programs, a message for a person, and a hint that says what to do.

::

    FocusrigError
    ├── ConfigError                 a config file or setting that cannot be used
    ├── PlanError                   a plan the rig cannot run: outside limits, inconsistent
    ├── RigBusy                     a scan holds the rig
    ├── WrongState                  the scan is not in a state that allows this
    ├── HardwareError
    │   ├── HardwareMissing         a device or the library for it is not there
    │   ├── RigLost                 a device that only a new start of the process can bring back
    │   ├── CameraError
    │   │   ├── CameraTimeout       no frame within the deadline
    │   │   ├── LensTimeout         the lens did not arrive
    │   │   └── FixedFocus          this camera has no lens drive
    │   └── MotionError
    │       ├── OutOfRange          a target outside the limits of an axis
    │       ├── MotionTimeout       the controller did not report the target in time
    │       ├── ControllerAlarm     the controller stopped with an alarm
    │       ├── NoSwitch            an axis without a limit switch cannot home
    │       └── PositionLost        the controller reset: position unknown until homed or zeroed
    ├── StackingError
    │   ├── SlicesDiffer            slices of different sizes, chroma or bits
    │   ├── TooFewSlices            a stack needs at least two slices
    │   ├── AlignmentFailed         a slice does not fit the reference slice
    │   └── CalibrationFailed       what was measured does not follow the law that is to be fitted
    └── StoreError
        ├── NotFound                no such scan, position, slice
        ├── NoSpace                 the card is full, or would be
        ├── ImageUnreadable         a file that is not a complete image
        └── CorruptState            a manifest or journal that cannot be read
"""

from typing import ClassVar


class FocusrigError(Exception):
    """Base of all errors that a person is meant to read."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigError(FocusrigError):
    code = "config"


class PlanError(FocusrigError):
    code = "plan"


class RigBusy(FocusrigError):
    """A scan holds the rig; `scan_id` names it."""

    code = "rig-busy"

    def __init__(self, message: str, hint: str = "", scan_id: str | None = None) -> None:
        super().__init__(message, hint)
        self.scan_id = scan_id


class WrongState(FocusrigError):
    code = "wrong-state"


class HardwareError(FocusrigError):
    code = "hardware"


class HardwareMissing(HardwareError):
    code = "hardware-missing"


class RigLost(HardwareError):
    code = "rig-lost"


class CameraError(HardwareError):
    code = "camera"


class CameraTimeout(CameraError):
    code = "camera-timeout"


class LensTimeout(CameraError):
    code = "lens-timeout"


class FixedFocus(CameraError):
    code = "fixed-focus"


class MotionError(HardwareError):
    code = "motion"


class OutOfRange(MotionError):
    code = "out-of-range"


class MotionTimeout(MotionError):
    code = "motion-timeout"


class ControllerAlarm(MotionError):
    code = "controller-alarm"


class NoSwitch(MotionError):
    code = "no-switch"


class PositionLost(MotionError):
    code = "position-lost"


class StackingError(FocusrigError):
    code = "stacking"


class SlicesDiffer(StackingError):
    code = "slices-differ"


class TooFewSlices(StackingError):
    code = "too-few-slices"


class AlignmentFailed(StackingError):
    code = "alignment-failed"


class CalibrationFailed(StackingError):
    code = "calibration-failed"


class StoreError(FocusrigError):
    code = "store"


class NotFound(StoreError):
    code = "not-found"


class NoSpace(StoreError):
    code = "no-space"


class ImageUnreadable(StoreError):
    code = "image-unreadable"


class CorruptState(StoreError):
    code = "corrupt-state"
