"""TOML to Settings. An unknown key is an error that names the nearest key.

Two files: the one a person writes (`--config`), and `settings.json` in the data folder, which holds what was changed
from the page and lies on top.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field, ValidationError

from scanner.errors import ConfigError
from scanner.hardware.settings import RigSettings
from scanner.store.files import make_folder, write_durable
from scanner.units import Frozen
from scanner.validation import complaints, sentence

Document: TypeAlias = Mapping[str, Any]


class ServerSettings(Frozen):
    """Where the page is served."""

    host: Annotated[
        str, Field(description="Address to listen on; 0.0.0.0 is the whole LAN, 127.0.0.1 this machine.")
    ] = "0.0.0.0"  # noqa: S104  the page is meant for the LAN
    port: Annotated[int, Field(ge=1, le=65535, description="TCP port of page and REST API.")] = 8080
    names: Annotated[
        tuple[str, ...], Field(description="Further host names by which browsers reach this machine.")
    ] = ()


FILE_ONLY = {"readOnly": True}
"""Schema mark of settings that name a path: the config file alone sets them, never a client."""


class StorageSettings(Frozen):
    """Where scans are kept."""

    data: Annotated[
        Path,
        Field(
            description="Folder of the scans; relative to the working folder of the daemon.",
            json_schema_extra=FILE_ONLY,
        ),
    ] = Path("data")
    reserve_mb: Annotated[
        int, Field(ge=0, le=1_000_000, json_schema_extra={"unit": "MB"}, description="Kept free: no scan may fill it.")
    ] = 200


class Settings(Frozen):
    """Everything a person can set. Without a config file, a simulated rig."""

    rig: RigSettings = Field(default=RigSettings(), description="The rig.")
    server: ServerSettings = Field(default=ServerSettings(), description="The web server.")
    storage: StorageSettings = Field(default=StorageSettings(), description="The disk.")


def load(path: Path | None) -> Settings:
    """The settings of the TOML file at `path`, defaults for what it leaves out; None: all defaults.

    Raises ConfigError that names file, key and what to do.
    """
    return validated(read_toml(path) if path else {}, str(path))


def read_toml(path: Path) -> Document:
    """The document in a TOML file. Raises ConfigError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"There is no config file at {path}.", "Start from config.example.toml.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The config file {path} cannot be read: {error}.", "Check its name and rights.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.", "Compare with config.example.toml.") from error


def validated(document: Document, source: str) -> Settings:
    """Settings from a document. Raises ConfigError with every key that is wrong."""
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        found = sentence(complaints(error, Settings))
        raise ConfigError(f"{source}: {found}", "config.example.toml lists every key with its limits.") from error


class SettingsKeeper:
    """The settings in force: the config file's, and on top of them what was changed from the page."""

    def __init__(self, base: Settings) -> None:
        self._base = base
        self._path = base.storage.data / "settings.json"
        self.current = self._read()

    def _read(self) -> Settings:
        """Raises ConfigError for a `settings.json` that cannot be read or holds what no longer exists."""
        overrides = read_overrides(self._path)
        document = overlay(self._base.model_dump(mode="json"), overrides)
        return validated(document, str(self._path)) if overrides else self._base

    @property
    def overridden(self) -> tuple[str, ...]:
        """Dotted keys whose value was changed from the page."""
        return flat_keys(difference(self.current, self._base))

    def completed(self, settings: Settings) -> Settings:
        """`settings`, with the present value of what only the config file may set and they leave out."""
        kept: dict[str, Any] = {}
        for key in file_only(Settings):
            kept = overlay(kept, _nested(key, self.current))
        return validated(overlay(kept, settings.model_dump(exclude_unset=True)), "settings")

    def check(self, settings: Settings) -> None:
        """Raise ConfigError when `settings` change what only the config file may."""
        changed = flat_keys(difference(settings, self.current))
        refused = [key for key in changed if key in file_only(Settings)]
        if refused:
            raise ConfigError(
                f"{', '.join(refused)} names a path on the scanner and cannot be set from here.",
                "Set it in the config file and start Focusrig again.",
            )

    def keep(self, settings: Settings) -> None:
        """Make `settings` the ones in force and write down in what they differ from the config file."""
        make_folder(self._path.parent)
        write_durable(self._path, json.dumps(difference(settings, self._base), indent=2).encode())
        self.current = settings


def read_overrides(path: Path) -> Document:
    """What was changed from the page; empty when nothing was. Raises ConfigError for a file that cannot be read."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}.", "Delete it to drop the settings made in the page."
        ) from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} does not hold settings.", "Delete it to drop the settings made in the page.")
    return document


def overlay(below: Document, above: Document) -> dict[str, Any]:
    """`below` with every value that `above` gives, tables merged."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = overlay(under, value) if isinstance(value, Mapping) and isinstance(under, Mapping) else value
    return merged


def difference(settings: Settings, base: Settings) -> dict[str, Any]:
    """The values in which `settings` differ from `base`, as the smallest document that `overlay` needs."""
    return _difference(settings.model_dump(mode="json"), base.model_dump(mode="json"))


def _difference(new: Document, old: Document) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for key, value in new.items():
        if isinstance(value, Mapping) and isinstance(old.get(key), Mapping):
            if inner := _difference(value, old[key]):
                changed[key] = inner
        elif value != old.get(key):
            changed[key] = value
    return changed


def _nested(key: str, settings: Frozen) -> dict[str, Any]:
    """The document that holds the value of one dotted key alone."""
    name, _, rest = key.partition(".")
    value = getattr(settings, name)
    return {name: _nested(rest, value) if rest else value}


def file_only(model: type[BaseModel], prefix: str = "") -> tuple[str, ...]:
    """Dotted keys of the settings that only the config file may set."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("readOnly"):
            keys.append(prefix + name)
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys += file_only(field.annotation, f"{prefix}{name}.")
    return tuple(keys)


def flat_keys(document: Document, prefix: str = "") -> tuple[str, ...]:
    """The dotted keys of all values in a document."""
    keys: list[str] = []
    for key, value in document.items():
        keys += flat_keys(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [f"{prefix}{key}"]
    return tuple(keys)
