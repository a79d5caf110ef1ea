"""States of the page, hand-made from the models of the API, for elements that are drawn without a daemon."""

from typing import Any

from scanner.api.examples import RIG, STATUS
from scanner.capture.events import Problem, RigStatus
from scanner.hardware.protocols import AxisFacts, FocusFacts

assert RIG.facts
RAIL = FocusFacts(drive="rail", unit="mm", far=0.0, near=60.0, step=0.01, coarse=2.0, depth_of_field=0.4)
FIXED = FocusFacts(drive="fixed", unit="", far=0.0, near=0.0, step=0.0, coarse=0.0, depth_of_field=0.0)
RAIL_AXIS = AxisFacts(name="focus", low=0.0, high=60.0, step=0.01, can_home=True, unit="mm")

UNCALIBRATED = RIG.model_copy(update={"focus_scale": None})

ON_RAIL = RIG.model_copy(
    update={
        "facts": RIG.facts.model_copy(update={"focus": RAIL, "axes": (*RIG.facts.axes, RAIL_AXIS)}),
        "focus": 12.3,
        "axes": RIG.axes | {"focus": 12.3},
        "focus_scale": None,
    }
)

FIXED_FOCUS = RIG.model_copy(
    update={"facts": RIG.facts.model_copy(update={"focus": FIXED}), "focus": None, "focus_scale": None}
)

UNPLUGGED = Problem(
    code="hardware-missing",
    message="The controller at /dev/ttyUSB0 is not there.",
    hint="Plug it in.",
)

DRAFT: dict[str, Any] = {
    "name": "scan",
    "unit": "D",
    "near": None,
    "far": None,
    "count": None,
    "kind": "rings",
    "rings": [{"tilt_deg": 0, "count": 24}],
    "sphere": {"count": 60, "tilt_min_deg": -10, "tilt_max_deg": 60},
    "explicit": "[]",
    "exposure": None,
    "wait_s": None,
    "stacking": {},
    "output": {"masks": True, "depth": False},
}


def state(rig: RigStatus = RIG, *, draft: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    """The whole state of the page while no scan runs; `draft` and `other` in place of what is usual."""
    usual: dict[str, Any] = {
        "route": {"page": "scan", "id": "", "position": None},
        "link": "live",
        "status": STATUS.model_copy(update={"rig": rig, "scan": None}).model_dump(mode="json"),
        "draft": DRAFT | (draft or {}),
        "estimate": {"value": None, "problem": None, "errors": []},
        "scans": [],
        "watched": None,
        "positions": None,
        "profile": "metashape",
        "sizes": None,
        "calibration": None,
        "scale": None,
        "document": None,
        "settings": None,
        "saved": None,
        "busy": [],
        "problem": None,
        "notice": "",
    }
    return usual | other
