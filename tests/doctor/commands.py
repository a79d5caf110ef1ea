"""Commands that answer as told, instead of programs that may not be on this machine."""

from collections.abc import Sequence

from scanner.errors import HardwareError, HardwareMissing
from scanner.hardware.health import COMMAND_S


class Commands:
    """What each program answers; one that is not named is not installed. An exception is raised."""

    def __init__(self, **answers: str | HardwareError) -> None:
        self._answers = answers
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, command: Sequence[str], seconds: float = COMMAND_S) -> str:
        assert 0 < seconds <= COMMAND_S
        self.asked.append(tuple(command))
        answer = self._answers.get(command[0])
        if answer is None:
            raise HardwareMissing(f"There is no {command[0]} here.")
        if isinstance(answer, HardwareError):
            raise answer
        return answer


HANGS = HardwareError("vcgencmd did not answer within 2 s.", "Start the machine anew if it stays like this.")
