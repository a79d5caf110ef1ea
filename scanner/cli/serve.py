"""`focusrig serve`: the daemon with its page."""

import argparse
import logging
import signal
from contextlib import ExitStack

from scanner.api.app import create_app
from scanner.api.server import Server, addresses, listen
from scanner.cli.demo import Demo
from scanner.cli.exits import Exit
from scanner.cli.output import print_error
from scanner.cli.settings import settings_of
from scanner.daemon import Daemon

log = logging.getLogger(__name__)


def run(arguments: argparse.Namespace) -> Exit:
    """Serve until SIGINT or SIGTERM. The port is taken first: a second daemon never touches the rig."""
    # SIGTERM is to unwind like SIGINT, so that the rig is released on every way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        try:
            return _serve(arguments, stack)
        except KeyboardInterrupt:
            log.info("asked to stop")
    return Exit.OK


def _serve(arguments: argparse.Namespace, stack: ExitStack) -> Exit:
    daemon = Daemon(settings_of(arguments))
    server = daemon.settings.server
    listener = stack.enter_context(listen(arguments.host or server.host, arguments.port or server.port))
    app = create_app(daemon)
    stack.callback(daemon.close)
    daemon.start()
    if arguments.demo:
        stack.enter_context(Demo(daemon))
    _say(f"Focusrig is ready: {'  '.join(addresses(listener))}")
    if not _only_here(listener.getsockname()[0]):
        _say("Anybody on this network can use it: there is no password.")
    web = Server(app)
    daemon.when_lost = web.end
    if daemon.lost is None:
        web.run(sockets=[listener])
    if daemon.lost is None:
        return Exit.OK
    print_error(daemon.lost)
    return Exit.RIG_LOST


def _only_here(host: str) -> bool:
    return host.startswith("127.") or host == "::1"


def _say(text: str) -> None:
    print(text, flush=True)
