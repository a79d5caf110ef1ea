"""`focusrig stack`: stack pictures that are files already, without a scanner."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scanner.batch import BatchOptions, BatchReport, StackInput, find_stacks, stack_files
from scanner.cli.exits import Exit, exit_of
from scanner.cli.output import ProgressBar, print_error
from scanner.errors import FocusrigError
from scanner.store.images import SUFFIXES


@dataclass(frozen=True, slots=True)
class Job:
    """One stack and where its files go."""

    stack: StackInput
    output: Path
    options: BatchOptions


def run(arguments: argparse.Namespace) -> Exit:
    """Stack one after the other; one that fails does not stop the rest."""
    jobs = plan_jobs(find_stacks(arguments.inputs), arguments)
    reports: list[BatchReport] = []
    errors: dict[str, FocusrigError] = {}
    bar = ProgressBar()
    for done, job in enumerate(jobs):
        bar.show(done, len(jobs), job.stack.name)
        try:
            reports.append(stack_files(job.stack, job.output, job.options))
        except FocusrigError as error:
            bar.end()
            print_error(error)
            errors[job.stack.name] = error
    bar.show(len(jobs), len(jobs))
    bar.end()
    _tell(reports, errors, as_json=arguments.json)
    if not errors:
        return Exit.OK
    return Exit.PARTLY if reports else exit_of(next(iter(errors.values())))


def plan_jobs(stacks: Sequence[StackInput], arguments: argparse.Namespace) -> list[Job]:
    """Where everything goes: of one stack to files as named, of several into folders, each file called as its stack."""
    several = len(stacks) > 1

    def place(wanted: Path | None, name: str) -> Path | None:
        into = wanted is not None and (several or wanted.is_dir() or wanted.suffix.lower() not in SUFFIXES)
        return wanted / name if wanted is not None and into else wanted

    return [
        Job(
            stack,
            place(arguments.output, f"{stack.name}.jpg")
            or Path("stacked" if several else "", f"{stack.name}{'' if several else '_stacked'}.jpg"),
            BatchOptions(
                arguments.reference,
                place(arguments.depth, f"{stack.name}_depth.png"),
                place(arguments.mask, f"{stack.name}_mask.png"),
            ),
        )
        for stack in stacks
    ]


def _tell(reports: Sequence[BatchReport], errors: dict[str, FocusrigError], *, as_json: bool) -> None:
    if as_json:
        failed = [
            {"input": name, "code": error.code, "message": error.message, "hint": error.hint}
            for name, error in errors.items()
        ]
        print(json.dumps({"stacks": [asdict(report) for report in reports], "failed": failed}, indent=2))
    else:
        for report in reports:
            print(report.output)
