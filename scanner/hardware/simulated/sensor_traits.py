"""What kind of sensor is simulated, beside what the settings say."""

from dataclasses import dataclass

from scanner.units import Dioptres


@dataclass(frozen=True, slots=True)
class SensorTraits:
    """`lead`: how many frames the metadata's lens position is ahead of the image, 1..6.

    `rest`: where a lens without a drive is sharp, true dioptres. `adjust_to`: the format that main becomes whatever was
    asked for, as libcamera may do. `tells_control_list`: metadata say which request's controls were the last to take
    effect (ControlListSequence), and all controls of a request take effect together, as in newer releases.
    """

    lead: int = 1
    rest: Dioptres = 10.0
    adjust_to: str | None = None
    tells_control_list: bool = False
