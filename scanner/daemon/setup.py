"""The settings in force, and changing them from the page."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from scanner.config import Settings, SettingsKeeper
from scanner.daemon.held_rig import HeldRig
from scanner.errors import StoreError
from scanner.units import Frozen


class SettingsView(Frozen):
    """The settings in force, what they may be, and which of them were changed from the page."""

    settings: Settings
    schema_: Annotated[dict[str, Any], Field(serialization_alias="schema")]
    overridden: tuple[str, ...]


class Setup:
    """Keeps the settings, and the rig as they say."""

    def __init__(self, keeper: SettingsKeeper, rig: HeldRig, changed: Callable[[], None]) -> None:
        """`changed` is called once other settings are in force."""
        self._keeper = keeper
        self._rig = rig
        self._changed = changed

    def view(self) -> SettingsView:
        """The settings in force."""
        return SettingsView(
            settings=self._keeper.current,
            schema_=Settings.model_json_schema(),
            overridden=self._keeper.overridden,
        )

    def change(self, settings: Settings) -> SettingsView:
        """Open the rig with `settings` and keep them. Raises RigBusy, ConfigError, HardwareError, StoreError.

        When the rig does not open with them, or they cannot be kept, the old ones stay in force. What only the config
        file may set stays as it is where `settings` leave it out. Host, port and data folder count from the
        next start of the daemon on.
        """
        self._rig.require_idle()
        before = self._keeper.current
        settings = self._keeper.completed(settings)
        self._keeper.check(settings)
        reopened = settings.rig != before.rig
        if reopened:
            self._rig.reopen(settings, otherwise=before)
        try:
            self._keeper.keep(settings)
        except StoreError:
            if reopened:
                self._rig.reopen(before, otherwise=before)
            raise
        self._changed()
        return self.view()
