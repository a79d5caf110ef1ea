"""`focusrig stack`: stack pictures that are files already, without a scanner."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scanner.batch import BatchOptions, BatchReport, StackInput, find_stacks, passed_over, stack_files
from scanner.cli.exits import Exit, exit_of
from scanner.cli.output import ProgressBar, print_error
from scanner.errors import FocusrigError, StoreError
from scanner.plan.stacking import StackingPlan


@dataclass(frozen=True, slots=True)
class Job:
    """One stack and where its files go."""

    stack: StackInput
    output: Path
    options: BatchOptions


def run(arguments: argparse.Namespace) -> Exit:
    """Stack one after the other; one that fails does not stop the rest."""
    jobs = plan_jobs(find_stacks(arguments.inputs), arguments)
    for folder in passed_over(arguments.inputs):
        print(f"There are no images in {folder}: passed over.", file=sys.stderr)
    reports: list[BatchReport] = []
    errors: dict[str, FocusrigError] = {}
    bar = ProgressBar()
    for done, job in enumerate(jobs):
        bar.show(done, len(jobs), job.stack.name)
        try:
            report = stack_files(job.stack, job.output, job.options)
        except FocusrigError as error:
            bar.end()
            print_error(error)
            errors[job.stack.name] = error
            continue
        reports.append(report)
        if report.findings and not arguments.json:
            bar.end()
            _tell_findings(report)
    if not errors:
        bar.show(len(jobs), len(jobs))
    bar.end()
    if errors and len(jobs) > 1:
        print(f"{len(reports)} of {len(jobs)} stacked, {len(errors)} failed", file=sys.stderr)
    _tell(reports, errors, as_json=arguments.json)
    if not errors:
        return Exit.OK
    return Exit.PARTLY if reports else exit_of(next(iter(errors.values())))


def plan_jobs(stacks: Sequence[StackInput], arguments: argparse.Namespace) -> list[Job]:
    """Where everything goes: of one stack to files as named, of several into folders, each file called as its stack.

    A name without a suffix is one of a folder. Raises StoreError for a file where there must be a folder.
    """
    several = len(stacks) > 1
    given = vars(arguments)
    plan = StackingPlan(**{name: given[name] for name in StackingPlan.model_fields if name in given})

    def place(wanted: Path, name: str) -> Path:
        if several and wanted.exists() and not wanted.is_dir():
            raise StoreError(
                f"{wanted} is a file, but {len(stacks)} stacks need a folder.", "Give the name of a folder."
            )
        return wanted / name if several or wanted.is_dir() or not wanted.suffix else wanted

    return [
        Job(
            stack,
            place(arguments.output or Path("stacked" if several else f"{stack.name}_stacked.jpg"), f"{stack.name}.jpg"),
            BatchOptions(
                plan,
                depth=arguments.depth and place(arguments.depth, f"{stack.name}_depth.png"),
                index=arguments.index and place(arguments.index, f"{stack.name}_index.png"),
                mask=arguments.mask and place(arguments.mask, f"{stack.name}_mask.png"),
            ),
        )
        for stack in stacks
    ]


def _tell_findings(report: BatchReport) -> None:
    for finding in report.findings:
        print(f"{report.input}: {finding['message']} {finding['hint']}", file=sys.stderr)


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
