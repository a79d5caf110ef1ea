"""The name by which the simulated GRBL was known before it had relatives."""

from scanner.hardware.simulated.controller_grbl import GrblFirmware as Firmware
from scanner.hardware.simulated.controller_motors import Switch

__all__ = ["Firmware", "Switch"]
