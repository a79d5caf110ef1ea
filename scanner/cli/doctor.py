"""`focusrig doctor`: is this machine fit to run the scanner?"""

import argparse
import json
from collections.abc import Iterator

from scanner.cli.exits import Exit
from scanner.doctor import Finding, Level, check_libraries, check_machine, only_hardware_missing, report, worst


def run(arguments: argparse.Namespace) -> Exit:
    """Print one line a finding, as soon as it is found. Warnings are no failure.

    The file of a report is complete after each finding: a camera that hangs may take the process with it.
    """
    findings = []
    for finding in _findings(arguments):
        findings.append(finding)
        if not arguments.json:
            _show(finding)
        if arguments.report:
            report.write(report.report(findings), arguments.report)
    if arguments.json:
        print(json.dumps(report.report(findings), indent=2))
    return _exit(findings)


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    libraries = check_libraries()
    yield from libraries
    if worst(libraries) == Level.PROBLEM:
        return
    from scanner.cli.settings import settings_of  # these need the libraries just checked
    from scanner.config import SettingsKeeper

    settings = SettingsKeeper(settings_of(arguments)).current
    yield from check_machine(settings, port=arguments.port)
    if arguments.hardware:
        from scanner.doctor.rig import check_hardware

        yield from check_hardware(settings, arguments.port)


def _show(finding: Finding) -> None:
    print(f"{finding.level:<8} {finding.subject}: {finding.message}", flush=True)
    if finding.hint:
        print(f"         {finding.hint}", flush=True)


def _exit(findings: list[Finding]) -> Exit:
    if only_hardware_missing(findings):
        return Exit.HARDWARE
    return Exit.FAILED if worst(findings) == Level.PROBLEM else Exit.OK
