"""The settings in force, and changing them from the page."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from scanner.config import Settings, SettingsKeeper, overlay, validated
from scanner.daemon.held_rig import HeldRig
from scanner.errors import NotFound, StoreError
from scanner.units import Degrees, Frozen


class SettingsView(Frozen):
    """The settings in force, what they may be, and which of them were changed from the page."""

    settings: Settings
    schema_: Annotated[dict[str, Any], Field(serialization_alias="schema")]
    overridden: tuple[str, ...]


class AxisTurned(Frozen):
    """How far an axis really went when it was told to go `commanded`: degrees, or millimetres of the rail."""

    commanded: Annotated[Degrees, Field(gt=0, le=36000)]
    turned: Annotated[Degrees, Field(gt=0, le=36000)]


class AxisSteps(Frozen):
    """Steps of an axis for one degree, or one millimetre of the rail: as they were set, and as they are now."""

    name: str
    before: float
    after: float


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

        When an open rig does not open with them, or they cannot be kept, the old ones stay in force. What only the
        config file may set stays as it is where `settings` leave it out. Host, port and data folder count from the
        next start of the daemon on.
        """
        self._rig.require_free()
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

    def calibrate_axis(self, name: str, turned: AxisTurned) -> AxisSteps:
        """Correct the steps of an axis and open the rig with them. Raises NotFound, and what `change` raises."""
        motion = self._keeper.current.rig.motion
        places = {
            "turntable": ("turntable", "steps_per_degree", motion.turntable.steps_per_degree),
            "tilt": ("tilt", "steps_per_degree", motion.tilt.steps_per_degree),
            "focus": ("rail", "steps_per_mm", motion.rail.steps_per_mm),
        }
        if name not in places or name not in {axis.name for axis in self._rig.facts.axes}:
            raise NotFound(f"This rig has no axis {name!r}.", "GET /rig lists its axes.")
        table, key, before = places[name]
        after = round(before * turned.commanded / turned.turned, 6)
        document = overlay(self._keeper.current.model_dump(mode="json"), {"rig": {"motion": {table: {key: after}}}})
        self.change(validated(document, "the axis calibration"))
        return AxisSteps(name=name, before=before, after=after)
