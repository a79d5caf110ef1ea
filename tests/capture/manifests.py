"""Manifests as the daemon writes them, for tests of what is read from them."""

from datetime import UTC, datetime

from pydantic import JsonValue

from scanner.capture.events import SweepFacts
from scanner.hardware.protocols import CameraNames
from scanner.hardware.settings import RigGeometry
from scanner.plan.scan import ScanPlan
from scanner.store.manifest import Manifest
from tests.capture.fakes import LOOK, FakeRig

NAMES = CameraNames(make="Raspberry Pi", model="imx519", serial="b7", lens="4.28 mm f/1.75")
SWEEP = SweepFacts(near=12.0, far=8.0, count=5, reference=2)


def manifest(
    rig: FakeRig | None = None,
    geometry: RigGeometry | None = None,
    plan: ScanPlan | None = None,
    sweep: SweepFacts | None = SWEEP,
    **fields: JsonValue,
) -> Manifest:
    """Of a scan whose sweep is measured."""
    facts = (rig or FakeRig()).open().facts
    named = facts.model_copy(update={"names": NAMES, "geometry": geometry or RigGeometry()})
    return Manifest.model_validate(
        {
            "id": "20261122-120000-vase",
            "name": "vase",
            "created_at": datetime(2026, 11, 22, 12, tzinfo=UTC),
            "plan": plan or ScanPlan(name="vase"),
            "rig": named.model_dump(mode="json"),
            "sweep": None if sweep is None else sweep.model_dump(mode="json"),
            "exposure": LOOK.model_dump(mode="json"),
            **fields,
        }
    )
