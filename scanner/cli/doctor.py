"""`focusrig doctor`: is this machine fit to run the scanner?"""

import argparse
import json
from dataclasses import asdict

from scanner.cli.exits import Exit
from scanner.doctor import Finding, Level, check_libraries, check_machine, only_hardware_missing, worst


def run(arguments: argparse.Namespace) -> Exit:
    """Print one line a finding. Warnings are no failure."""
    findings = check_libraries()
    if worst(findings) != Level.PROBLEM:
        from scanner.cli.settings import settings_of  # these need the libraries just checked
        from scanner.config import SettingsKeeper

        settings = SettingsKeeper(settings_of(arguments)).current
        findings += check_machine(settings, port=arguments.port)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{finding.level:<8} {finding.subject}: {finding.message}")
            if finding.hint:
                print(f"         {finding.hint}")
    return _exit(findings)


def _exit(findings: list[Finding]) -> Exit:
    if only_hardware_missing(findings):
        return Exit.HARDWARE
    return Exit.FAILED if worst(findings) == Level.PROBLEM else Exit.OK
