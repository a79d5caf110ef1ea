"""The settings of the scanner, with the schema that a form is made from."""

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example

from scanner.api.dependencies import TheDaemon
from scanner.api.examples import SETTINGS, answers
from scanner.api.openapi import problems
from scanner.config import Settings
from scanner.daemon import SettingsView

router = APIRouter(prefix="/settings", tags=["settings"])

EXAMPLES: dict[str, Example] = {
    "default": {"summary": "All defaults", "value": {}},
    "reserve": {"summary": "Keep 500 MB free", "value": {"storage": {"reserve_mb": 500}}},
}


@router.head("", include_in_schema=False)
@router.get("", summary="The settings", responses=answers(SETTINGS))
def get_settings(daemon: TheDaemon) -> SettingsView:
    """The settings in force, their JSON schema, and which of them were changed from the config file's."""
    return daemon.setup.view()


@router.put("", summary="Change the settings", responses=answers(SETTINGS) | problems(409, 422, 503))
def change_settings(settings: Annotated[Settings, Body(openapi_examples=EXAMPLES)], daemon: TheDaemon) -> SettingsView:
    """Replaces all settings and opens the rig anew; what is left out goes back to its default.

    Keys that are readOnly in the schema are the config file's: left out, they stay as they are; changed, they are
    refused. Refused as well while a scan holds the rig.
    """
    return daemon.setup.change(settings)
