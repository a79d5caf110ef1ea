"""The arguments of every command. Nothing heavy is imported here: help comes at once, on a broken machine as well."""

import argparse
import math
from pathlib import Path
from typing import TypeAlias

from scanner import __version__
from scanner.cli.plan_options import Command, add_stacking_plan

Commands: TypeAlias = "argparse._SubParsersAction[Command]"  # noqa: SLF001  it has no public name

EPILOG = "exit codes: 0 done, 1 failed, 2 wrong usage, 3 config file, 4 hardware or its library missing, 5 partly done"


def parser() -> argparse.ArgumentParser:
    """The whole command line. `command` of the result names the module of this package that runs it."""
    top = argparse.ArgumentParser(
        prog="focusrig", description="A focus-stacking scanner: one sharp image per position.", epilog=EPILOG
    )
    top.add_argument("--version", action="version", version=f"focusrig {__version__}")
    commands = top.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", required=True, parser_class=Command
    )
    for add in (_add_serve, _add_scan, _add_stack, _add_calibrate, _add_doctor):
        command = add(commands)
        command.add_argument("-v", "--verbose", action="count", default=0, help="log more; twice: everything")
    return top


def _add_serve(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser(
        "serve",
        help="run the scanner and its page",
        description="Run the scanner and serve its page. Without a config file, the rig is a simulated one.",
    )
    _add_settings(command)
    command.add_argument("--host", help="address to listen on, instead of the config's")
    command.add_argument("--demo", action="store_true", help="start a small scan when there is none yet")
    return command


def _add_scan(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser(
        "scan",
        help="run a plan on a running scanner",
        description="Start a scan and show its progress. Ctrl-C leaves the scan running.",
    )
    command.add_argument("plan", metavar="PLAN", help="plan as JSON or TOML file; - reads it from standard input")
    command.add_argument(
        "--profile",
        choices=("metashape", "realityscan", "colmap", "meshroom"),
        default="metashape",
        help="the program that the zip is for; default: %(default)s",
    )
    _add_server(command)
    return command


def _add_stack(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser(
        "stack",
        help="stack pictures that are files already",
        description="Stack the pictures of one folder, or given one by one, into one sharp image; "
        "of a folder of folders, each folder into one.",
    )
    command.add_argument("inputs", metavar="INPUT", nargs="+", type=Path, help="pictures, a folder, or one of folders")
    command.add_argument(
        "-o", "--output", metavar="OUT", type=Path, help="file (.jpg .png .tif); for a folder of folders a folder"
    )
    command.add_argument("--depth", type=Path, metavar="FILE", help="write the depth map too, as 16-bit PNG")
    command.add_argument(
        "--index", type=Path, metavar="FILE", help="write which slice is the sharpest, everywhere, as 16-bit PNG"
    )
    command.add_argument("--mask", type=Path, metavar="FILE", help="write the mask of the object too, as PNG")
    command.add_argument("--json", action="store_true", help="print a report as JSON")
    command.late = add_stacking_plan
    return command


def _add_calibrate(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser(
        "calibrate",
        help="measure the lens and the axes once, for all scans with them",
        description="Measure the lens and the axes of a running scanner.",
    )
    kinds: Commands = command.add_subparsers(title="what to measure", metavar="WHAT", dest="what", required=True)
    for add in (_add_breathing, _add_focus, _add_axis):
        kind = add(kinds)
        _add_server(kind)
        kind.add_argument(
            "-v", "--verbose", action="count", default=argparse.SUPPRESS, help="log more; twice: everything"
        )
    return command


def _add_breathing(kinds: Commands) -> argparse.ArgumentParser:
    kind = kinds.add_parser(
        "breathing",
        help="how the picture grows as the lens focuses nearer",
        description="Measure breathing: how the picture grows as the lens focuses nearer. Put an object with texture "
        "on the turntable first. What is left out is found by itself. Ctrl-C cancels.",
    )
    kind.add_argument("--positions", type=int, metavar="N", help="positions of the turntable, 2 to 24; default: 4")
    kind.add_argument("--near", type=float, metavar="D", help="nearest lens position, dioptres")
    kind.add_argument("--far", type=float, metavar="D", help="farthest lens position, dioptres")
    kind.add_argument("--count", type=int, metavar="N", help="slices of a sweep")
    return kind


def _add_focus(kinds: Commands) -> argparse.ArgumentParser:
    kind = kinds.add_parser(
        "focus",
        help="what the dioptres of the lens mean",
        description="Measure what the lens scale means: lens position = offset + slope / distance, from flat targets "
        "with fine texture at two or more known distances, square to the lens. Distances that were measured before "
        "count as well. Ctrl-C cancels.",
    )
    kind.add_argument(
        "distances",
        type=distance,
        nargs="*",
        metavar="DISTANCE_MM",
        help="from the lens to the target, 10 to 10000 mm; one is measured after the other",
    )
    kind.add_argument("--yes", action="store_true", help="do not ask: the target stands there (one distance)")
    kind.add_argument("--forget", action="store_true", help="forget what was measured")
    return kind


def _add_axis(kinds: Commands) -> argparse.ArgumentParser:
    kind = kinds.add_parser(
        "axis",
        help="the steps of an axis for one degree, or millimetre",
        description="Move an axis, measure how far it really went, and correct its steps by that. Mark where it "
        "stands first.",
    )
    kind.add_argument("axis", choices=("turntable", "tilt", "focus"), help="focus: the rail")
    kind.add_argument(
        "--by", type=way, required=True, metavar="WAY", help="how far to move it: degrees, of the rail mm"
    )
    kind.add_argument(
        "--turned", type=way, metavar="WAY", help="how far it went when it was moved so far: then nothing moves now"
    )
    return kind


def _add_doctor(commands: Commands) -> argparse.ArgumentParser:
    command = commands.add_parser(
        "doctor",
        help="check this machine",
        description="Check libraries, ports, data folder, clock and network. Nothing moves, and no device is opened; "
        "with --hardware the devices are, and the lens moves.",
    )
    _add_settings(command)
    command.add_argument(
        "--hardware", action="store_true", help="open camera and controller, and measure: lens, frame rate, lamp, disk"
    )
    command.add_argument("--json", action="store_true", help="print a report as JSON")
    command.add_argument("--report", type=Path, metavar="FILE", help="write that report to a file, to attach to a bug")
    return command


def _add_server(command: argparse.ArgumentParser) -> None:
    command.add_argument("--server", default="http://localhost:8080", metavar="URL", help="default: %(default)s")


def _add_settings(command: argparse.ArgumentParser) -> None:
    """What `serve` takes and `doctor` checks."""
    command.add_argument("--config", type=Path, metavar="FILE", help="config file (TOML)")
    command.add_argument("--data", type=Path, metavar="DIR", help="folder of the scans, instead of the config's")
    command.add_argument("--port", type=port, help="port to listen on, instead of the config's")


def port(text: str) -> int:
    """A TCP port from 1 to 65535."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def distance(text: str) -> float:
    """A distance from lens to target, 10 to 10000 millimetres."""
    return _between(text, 10, 10_000, "a distance from 10 to 10000 mm")


def way(text: str) -> float:
    """How far an axis goes: above 0, up to 36000."""
    return _between(text, 1e-6, 36_000, "a way above 0, up to 36000")


def _between(text: str, low: float, high: float, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return number
