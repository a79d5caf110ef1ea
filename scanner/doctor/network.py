"""The network: can the page be served, is it served already, is this machine found by its name?"""

import http.client
import json
import os
import socket
from contextlib import closing
from pathlib import Path

from scanner.doctor.findings import Finding, ok, warning
from scanner.errors import HardwareError
from scanner.hardware.health import Run

AVAHI = Path("/run/avahi-daemon/pid")
ANSWER_S = 2.0
NAME_S = 1.0
ANSWER_BYTES = 65_536
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104  nothing is bound here


def check_port(host: str, port: int) -> Finding:
    """Whether the page's port is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            return warning(
                f"port {port}",
                f"{error.strerror or error}",
                "That is as it should be while Focusrig runs; else stop the other program, or use --port.",
            )
    return ok(f"port {port}", "free")


def focusrig_answers(host: str, port: int) -> bool:
    """Whether a Focusrig serves its page there, and so holds the devices of its rig."""
    try:
        with closing(http.client.HTTPConnection(EVERYWHERE.get(host, host), port, timeout=ANSWER_S)) as connection:
            connection.request("GET", "/api/v1/rig")
            document = json.loads(connection.getresponse().read(ANSWER_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return isinstance(document, dict) and "facts" in document


def check_mdns(run: Run, hostname: str | None = None, pid_file: Path = AVAHI) -> Finding:
    """Whether browsers find this machine as `hostname`.local: avahi-daemon runs, and the name is answered in time."""
    name = f"{(hostname or socket.gethostname()).partition('.')[0]}.local"
    subject = "name on the network"
    if not _runs(pid_file):
        hint = "sudo apt install avahi-daemon; until then open the page by this machine's address."
        return warning(subject, f"{name} is not announced: avahi-daemon does not run", hint)
    try:
        answer = run(("getent", "hosts", name), NAME_S).split()
    except HardwareError as error:
        return warning(subject, f"{name} is not answered: {error.message}", "sudo systemctl restart avahi-daemon")
    if not answer:
        hint = "sudo apt install libnss-mdns, and look with `avahi-resolve -n` whether another machine has that name."
        return warning(subject, f"{name} is announced, but not found from here", hint)
    return ok(subject, f"{name} is {answer[0]}")


def _runs(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except PermissionError:
        return True  # it is another user's, as it should be
    except (OSError, ValueError):
        return False
    return True
