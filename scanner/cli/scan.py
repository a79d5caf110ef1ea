"""`focusrig scan`: run a plan on a running daemon and wait for its end."""

import argparse
import json
import sys
import tomllib
from pathlib import Path

from pydantic import ValidationError

from scanner.capture.events import FinishReason, RunState, ScanStatus
from scanner.cli.client import Client, Unreachable
from scanner.cli.exits import Exit
from scanner.cli.output import ProgressBar, duration, in_words
from scanner.clock import Clock, SystemClock
from scanner.delivery.profiles import Profile
from scanner.errors import PlanError
from scanner.plan.scan import ScanPlan
from scanner.validation import complaints, sentence

POLL_S = 0.5
PATIENCE_S = 60.0


def run(arguments: argparse.Namespace) -> Exit:
    """Start the scan and follow it."""
    plan = read_plan(arguments.plan)
    client = Client(arguments.server)
    scan = client.start_scan(plan)
    print(f"Scan {scan.id}: {scan.positions_total} positions", file=sys.stderr)
    return watch(client, scan, ProgressBar(), SystemClock(), arguments.profile)


def watch(client: Client, scan: ScanStatus, bar: ProgressBar, clock: Clock, profile: Profile = "metashape") -> Exit:
    """Follow the scan and tell its end; an interrupt ends the watching, not the scan."""
    try:
        return tell_end(client, follow(client, scan, bar, clock), profile)
    except KeyboardInterrupt:
        bar.end()
        print(f"The scan goes on without this command; see {client.url}/", file=sys.stderr)
        return Exit.INTERRUPTED


def read_plan(source: str) -> ScanPlan:
    """The plan in a file, or on standard input for "-". Raises PlanError that names file and key."""
    name = "standard input" if source == "-" else source
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8")
    except FileNotFoundError as error:
        raise PlanError(
            f"There is no plan {name}.", "Check the spelling; - reads the plan from standard input."
        ) from error
    except UnicodeDecodeError as error:
        raise PlanError(f"The plan {name} is not text.", "Write it as JSON or TOML, in UTF-8.") from error
    except OSError as error:
        hint = "Give a JSON or TOML file that this user may read."
        raise PlanError(f"The plan {name} cannot be read: {in_words(error)}.", hint) from error
    try:
        return ScanPlan.model_validate(_parse(text, name))
    except ValidationError as error:
        found = sentence(complaints(error, ScanPlan))
        raise PlanError(f"{name}: {found}", "The page at /api/v1/openapi.json describes a plan.") from error


def _parse(text: str, name: str) -> object:
    is_json = name.endswith(".json") or (not name.endswith(".toml") and text.lstrip().startswith("{"))
    try:
        return json.loads(text) if is_json else tomllib.loads(text)
    except ValueError as error:  # of both parsers
        kind = "JSON" if is_json else "TOML"
        raise PlanError(f"{name} is not valid {kind}: {error}.", "Correct it at that place.") from error


def follow(client: Client, scan: ScanStatus, bar: ProgressBar, clock: Clock) -> ScanStatus:
    """Show progress until the scan is finished; a connection that is lost for a while is no end."""
    heard = clock.monotonic()
    while scan.state != RunState.FINISHED:
        bar.show(scan.stacked, scan.positions_total, _words(scan))
        clock.sleep(POLL_S)
        try:
            scan = client.scan(scan.id)
            heard = clock.monotonic()
        except Unreachable:
            if clock.monotonic() - heard > PATIENCE_S:
                bar.end()
                raise
            bar.show(scan.stacked, scan.positions_total, "the scanner does not answer")
    bar.show(scan.stacked, scan.positions_total, scan.reason or "")
    bar.end()
    return scan


def _words(scan: ScanStatus) -> str:
    if scan.state == RunState.PAUSED:
        return f"paused: {scan.problem.message}" if scan.problem else "paused"
    return f"{scan.activity}, {duration(scan.eta_s)} left" if scan.eta_s is not None else scan.activity


def tell_end(client: Client, scan: ScanStatus, profile: Profile = "metashape") -> Exit:
    """Say how it ended, which sweep would have been better, and where the images are."""
    if scan.problem:
        print(f"focusrig: {scan.problem.message}\n  {scan.problem.hint}".rstrip(), file=sys.stderr)
    if better := scan.proposal:
        words = f"near {better.near:.2f}, far {better.far:.2f}, {better.count} slices"
        print(f"The sweep does not cover the object well; one that would: {words}.", file=sys.stderr)
    if scan.stacked:
        print(client.archive_url(scan.id, profile))
    if scan.reason == FinishReason.COMPLETED:
        return Exit.OK
    return Exit.PARTLY if scan.stacked else Exit.FAILED
