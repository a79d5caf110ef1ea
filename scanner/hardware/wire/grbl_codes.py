"""GRBL's numbers in words: what an alarm or an error means and what a person can do about it.

The meanings are those of GRBL 1.1; grblHAL and FluidNC keep the numbers and add more, which are named by number.
"""

ALARMS: dict[int, tuple[str, str]] = {
    1: ("A limit switch was hit while moving", "Free the axis by hand, then home or zero it."),
    2: (
        "The target lies outside the travel set in the controller",
        "Check $130 to $132, or send $20=0: Focusrig keeps the limits itself.",
    ),
    3: ("A reset in the middle of a movement", "Home or zero the axes: steps may have been lost."),
    4: ("The probe was not in its starting state", "Focusrig does not probe; check the probe wiring."),
    5: ("The probe touched nothing", "Focusrig does not probe; check the probe wiring."),
    6: ("Homing was interrupted by a reset", "Home again."),
    7: ("The safety door opened while homing", "Close the door contact and home again."),
    8: ("Homing could not leave the limit switch", "Check the switch wiring, or make $27 (pull-off) larger."),
    9: (
        "Homing did not find the limit switch",
        "Check the switch and $23 (direction). An axis without a switch has homing = false.",
    ),
    10: ("Homing did not find the second limit switch of a double axis", "Check both switches."),
}

ERRORS: dict[int, str] = {
    1: "a letter was expected",
    2: "a number cannot be read",
    3: "the controller does not know this $ command",
    4: "a negative value where none is allowed",
    5: "homing is switched off in the controller; send $22=1, or set homing = false for the axis",
    6: "the step pulse is too short",
    7: "its stored settings cannot be read; they were set back to defaults",
    8: "only allowed while it stands still",
    9: "it is locked after an alarm; home or zero the axes",
    10: "soft limits need homing",
    11: "the line is too long",
    12: "the step rate is higher than it can make; lower $110 to $112",
    13: "the safety door is open",
    14: "a stored line is too long",
    15: "the jog target lies outside its travel",
    16: "a jog command cannot be read",
    17: "laser mode needs PWM output",
    20: "it does not know this command",
    21: "two commands of one group in a line",
    22: "no speed was given",
    33: "the target of the movement is not valid",
}


def alarm_words(code: int) -> tuple[str, str]:
    """What happened, and what to do; for every number."""
    return ALARMS.get(code, (f"Alarm {code} of the controller", "See the manual of the firmware, then home or zero."))


def error_words(code: int) -> str:
    """Why a line was refused; for every number."""
    return ERRORS.get(code, f"error {code} of the controller")
