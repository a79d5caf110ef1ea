"""Validation errors in words: where, what, and the nearest key for one that does not exist."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

WORDS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "missing": "is missing",
    "model_attributes_type": "must be a table of keys and values",
    "model_type": "must be a table of keys and values",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be text",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
    "tuple_type": "must be a list",
    "union_tag_invalid": "{tag!r} is none of {expected_tags}",
}
"""What pydantic's error types say to a person; all others speak for themselves."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with a document. `where`: the key, dotted, list places counted from 0; "" for the whole."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


def complaints(error: ValidationError, model: type[BaseModel]) -> tuple[Complaint, ...]:
    """All that is wrong, one complaint a place, for a document that should have been a `model`."""
    by_place: dict[str, list[str]] = {}
    for detail in error.errors():
        keys = _document_keys(detail, model)
        by_place.setdefault(".".join(keys), []).append(_what(detail, keys, model))
    return tuple(
        Complaint(where, " or ".join(dict.fromkeys(whats)))
        for where, whats in by_place.items()
        if not any(other.startswith(f"{where}.") for other in by_place)  # a list is only wrong for what is in it
    )


def sentence(found: Sequence[Complaint]) -> str:
    """All complaints as one sentence."""
    text = "; ".join(map(str, found))
    return text if text.endswith("?") else f"{text}."


def _what(detail: ErrorDetails, keys: Sequence[str], model: type[BaseModel]) -> str:
    if detail["type"] in WORDS:
        return WORDS[detail["type"]].format(**detail.get("ctx", {}))
    if detail["type"] != "extra_forbidden":
        return str(detail["msg"]).removeprefix("Value error, ")
    known = sorted({name for parent in _models_at(model, keys[:-1]) for name in parent.model_fields})
    near = difflib.get_close_matches(keys[-1], known, n=1)
    return f"there is no such key; {f'did you mean {near[0]!r}?' if near else 'known are: ' + ', '.join(known)}"


def _document_keys(detail: ErrorDetails, model: type[BaseModel]) -> list[str]:
    """The keys as they stand in the document: pydantic also names the branches of a union it tried."""
    keys: list[str] = []
    models: list[type[BaseModel]] = [model]
    location = detail["loc"]
    unknown = location[-1:] if detail["type"] == "extra_forbidden" else ()
    for step in location[: len(location) - len(unknown)]:
        if isinstance(step, int):
            keys.append(str(step))
            continue
        fields = [parent.model_fields[step].annotation for parent in models if step in parent.model_fields]
        if fields:
            keys.append(step)
            models = [m for annotation in fields for m in _models_in(annotation)]
    return [*keys, *map(str, unknown)]


def _models_at(model: type[BaseModel], keys: Sequence[str]) -> list[type[BaseModel]]:
    models = [model]
    for key in keys:
        if not key.isdigit():
            fields = [parent.model_fields[key].annotation for parent in models if key in parent.model_fields]
            models = [m for annotation in fields for m in _models_in(annotation)]
    return models


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The models that a field's annotation can hold: through unions, tuples and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, tuple, dict) or get_args(annotation):
        for inner in get_args(annotation):
            yield from _models_in(inner)
