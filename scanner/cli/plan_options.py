"""A plan's settings as options of a command: names, help and limits are those of the plan itself."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any


class Command(argparse.ArgumentParser):
    """The parser of one command. What `late` adds, it adds when the command is used: that needs a library, which other
    commands, and help on a broken machine, go without."""

    late: Callable[[argparse.ArgumentParser], None] | None = None

    def parse_known_args(  # type: ignore[override]  # of its overloads, the one that argparse itself calls
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        late, self.late = self.late, None
        if late:
            late(self)
        return super().parse_known_args(args, namespace)


def add_stacking_plan(command: argparse.ArgumentParser) -> None:
    """An option for each setting of a StackingPlan that files can follow, checked by it, with its default."""
    from scanner.plan.stacking import StackingPlan

    group = command.add_argument_group("how to stack", "The defaults need no touching.")
    for name, setting in StackingPlan.model_json_schema()["properties"].items():
        if setting.get("scansOnly"):
            continue
        group.add_argument(
            f"--{name}", type=_checked(name), default=setting["default"], metavar=_metavar(setting), help=_help(setting)
        )


def _checked(name: str) -> Callable[[str], object]:
    """What turns the text of an option into the value that a StackingPlan has, or says what is wrong with it."""
    from pydantic import ValidationError

    from scanner.plan.stacking import StackingPlan
    from scanner.validation import complaints

    def checked(text: str) -> object:
        try:
            return getattr(StackingPlan.model_validate({name: text}), name)
        except ValidationError as error:
            wrong = " or ".join(complaint.what for complaint in complaints(error, StackingPlan))
            raise argparse.ArgumentTypeError(f"{text!r}: {wrong}") from error

    return checked


def _metavar(setting: dict[str, Any]) -> str:
    return "|".join(setting["enum"]) if "enum" in setting else str(setting.get("unit", "N")).upper()


def _help(setting: dict[str, Any]) -> str:
    limits = f"{setting['minimum']} to {setting['maximum']}, " if "minimum" in setting else ""
    text = f"{setting['description']} ({limits}default {setting['default']})"
    return text.replace("%", "%%")
