"""What to do about the errors after which Marlin stands still. The words are those of Marlin 1.1 to 2.1."""

HINTS: tuple[tuple[str, str], ...] = (
    (
        "temp",
        "Without heaters and sensors, set TEMP_SENSOR_0 to 0 (or 998) in the firmware; then reset the board.",
    ),
    ("heating", "Without heaters, set TEMP_SENSOR_0 to 0 (or 998) in the firmware; then reset the board."),
    ("thermal", "Without heaters, set TEMP_SENSOR_0 to 0 (or 998) in the firmware; then reset the board."),
    ("homing", "Check the limit switch and its cable. An axis without a switch has homing = false."),
    ("endstop", "Check the limit switch and its cable. An axis without a switch has homing = false."),
    ("inactive", "Motors stood for too long: set M85 S0 in the firmware; then home or zero the axes."),
)

ELSE = "Home or zero the axes, which starts the board anew; when that does not help, switch it off and on."


def alarm_hint(words: str) -> str:
    """What a person can do; for every text."""
    low = words.lower()
    return next((hint for key, hint in HINTS if key in low), ELSE)
