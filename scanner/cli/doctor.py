"""`focusrig doctor`: is this machine fit to run the scanner?"""

import argparse
import json
from dataclasses import asdict

from scanner.cli.exits import Exit
from scanner.doctor import Level, check_libraries, check_machine, worst


def run(arguments: argparse.Namespace) -> Exit:
    """Print one line a finding. Warnings are no failure."""
    findings = check_libraries()
    if worst(findings) != Level.PROBLEM:
        from scanner.config import load  # needs the libraries just checked

        findings += check_machine(load(arguments.config))
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{finding.level:<8} {finding.subject}: {finding.message}")
            if finding.hint:
                print(f"         {finding.hint}")
    return Exit.FAILED if worst(findings) == Level.PROBLEM else Exit.OK
