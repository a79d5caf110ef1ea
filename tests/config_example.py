"""Writes config.example.toml from the settings models: `python -m tests.config_example > config.example.toml`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from scanner.config import Settings

HEAD = """\
# Every setting of Focusrig with its default. Without a config file all of them hold, and the rig is simulated.
# Start with:  focusrig serve --config config.toml
# Keys that are commented out have no default: unset means what their text says.
"""


def render(settings: BaseModel) -> str:
    """The example file for the defaults in `settings`."""
    return HEAD + "".join(_table(settings, ""))


def _table(model: BaseModel, name: str) -> Iterator[str]:
    schema = type(model).model_json_schema()["properties"]
    inner: list[tuple[str, BaseModel]] = []
    lines: list[str] = []
    for key, field in type(model).model_fields.items():
        value = getattr(model, key)
        if isinstance(value, BaseModel):
            inner.append((f"{name}.{key}".lstrip("."), value))
        else:
            lines.append(_setting(key, field, schema[key], value))
    if name and lines:
        yield f"\n[{name}]\n"
        yield from (f"# {line}\n" for line in (type(model).__doc__ or "").split("\n\n")[0].split("\n"))
    yield from lines
    for key, nested in inner:
        yield from _table(nested, key)


def _setting(key: str, field: FieldInfo, schema: dict[str, Any], value: object) -> str:
    assert field.description, f"{key} has no description"
    facts = _facts(schema)
    comment = f"\n# {field.description}{f' ({facts})' if facts else ''}\n"
    return comment + (f"# {key} =\n" if value is None else f"{key} = {_toml(value)}\n")


def _facts(schema: dict[str, Any]) -> str:
    """Unit, limits and choices, wherever in the schema they stand: at the top or in the branch that is not null."""
    branches = [schema, *(branch for branch in schema.get("anyOf", []) if branch.get("type") != "null")]
    merged = {key: value for branch in branches for key, value in branch.items()}
    low = merged.get("minimum", merged.get("exclusiveMinimum"))
    high = merged.get("maximum", merged.get("exclusiveMaximum"))
    parts = [str(merged["unit"])] if "unit" in merged else []
    if low is not None and high is not None:
        parts.append(f"{_plain(low)} to {_plain(high)}")
    elif low is not None:
        parts.append(f"{'more than' if 'exclusiveMinimum' in merged else 'at least'} {_plain(low)}")
    if "enum" in merged:
        parts.append("one of " + ", ".join(json.dumps(choice) for choice in merged["enum"]))
    return "; ".join(parts)


def _plain(number: float) -> str:
    return f"{number:.12g}"


def _toml(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value)


if __name__ == "__main__":
    print(render(Settings()), end="")
