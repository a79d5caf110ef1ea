"""What GRBL 1.1h and its relatives say differently: the lines a lenient driver must get along with.

Sources: gnea/grbl 1.1h report.c; grblHAL core report.c (real-time report with Bf and further fields); FluidNC
Report.cpp (numbers or, where so configured, words for errors).
"""

from dataclasses import dataclass, field

_WORDS = {
    1: "Expected GCodecommand letter",
    2: "Bad GCode number format",
    3: "Invalid $ statement",
    5: "Setting disabled",
    9: "GCode cannot be executed in lock or alarm state",
    11: "Line too long",
    20: "Unsupported GCode command",
    22: "Gcode undefined feed rate",
    28: "Gcode value word missing",
}
_ALARMS = {1: "Hard Limit", 3: "Abort Cycle", 6: "Homing Fail Reset", 9: "Homing Fail Approach"}


@dataclass(frozen=True, slots=True)
class Flavour:
    """One firmware of the family. `without`: settings that `$$` does not tell. `fields`: more of a status report."""

    banner: str
    locked: str = "[MSG:'$H'|'$X' to unlock]"
    identity: tuple[str, ...] = ()
    chatter: tuple[str, ...] = ()
    fields: str = ""
    without: frozenset[int] = field(default=frozenset())
    homes_one_axis: bool = True
    words: bool = False

    def error(self, code: int) -> str:
        """The refusal of a line."""
        return f"error: {_WORDS[code]}" if self.words else f"error:{code}"

    def alarm(self, code: int) -> str:
        """What is said when everything stopped; a second line in words where the firmware has one."""
        return f"[MSG:INFO: ALARM: {_ALARMS[code]}]\r\nALARM:{code}" if self.words else f"ALARM:{code}"


GRBL = Flavour(
    banner="Grbl 1.1h ['$' for help]",
    identity=("[VER:1.1h.20190825:]", "[OPT:V,15,128]"),
    homes_one_axis=False,
)
GRBLHAL = Flavour(
    banner="GrblHAL 1.1f ['$' or '$HELP' for help]",
    identity=(
        "[VER:1.1f.20240330:]",
        "[OPT:VNMSL,35,1024,3,0]",
        "[AXS:3:XYZ]",
        "[NEWOPT:ENUMS,RT-]",
        "[FIRMWARE:grblHAL]",
        "[DRIVER:ESP32]",
    ),
    fields="|Bf:35,1024|Pn:|MPG:0|H:0",
)
FLUIDNC = Flavour(
    banner="Grbl 3.7 [FluidNC v3.7.18 (noradio) '$' for help]",
    identity=("[VER:3.7 FluidNC v3.7.18 (noradio):]", "[OPT:PHS]", "[MSG: Machine: turntable]"),
    chatter=(
        "[MSG:INFO: FluidNC v3.7.18 (noradio)]",
        "[MSG:INFO: Compiled with ESP32 SDK:v4.4.7]",
        "[MSG:INFO: Machine turntable]",
    ),
    fields="|Bf:15,127|Pn:",
    without=frozenset({0, 1, 11}),
    words=True,
)
