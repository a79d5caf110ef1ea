"""Is this machine fit to run the scanner? Each check is one finding, with what to do.

`check_libraries` and what else is here needs no library, so that it runs where one is broken. `scanner.doctor.rig`
opens the devices.
"""

from scanner.doctor.checks import check_machine
from scanner.doctor.findings import Finding, Level, only_hardware_missing, worst
from scanner.doctor.libraries import check_libraries

__all__ = ["Finding", "Level", "check_libraries", "check_machine", "only_hardware_missing", "worst"]
