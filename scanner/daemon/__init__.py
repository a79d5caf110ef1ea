"""The running scanner: one object, `Daemon`, and the rooms it is made of."""

from scanner.daemon.daemon import DEMO_PLAN, Daemon
from scanner.daemon.setup import SettingsView

__all__ = ["DEMO_PLAN", "Daemon", "SettingsView"]
