"""Validation errors in words: where, what, and the nearest key for one that does not exist."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


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
        keys = _document_keys(detail["loc"], model)
        by_place.setdefault(".".join(keys), []).append(_what(detail, keys, model))
    return tuple(
        Complaint(where, " or ".join(dict.fromkeys(whats)))
        for where, whats in by_place.items()
        if not any(other.startswith(f"{where}.") for other in by_place)  # a list is only wrong for what is in it
    )


def _what(detail: ErrorDetails, keys: Sequence[str], model: type[BaseModel]) -> str:
    if detail["type"] != "extra_forbidden":
        return str(detail["msg"]).removeprefix("Value error, ")
    known = sorted({name for parent in _models_at(model, keys[:-1]) for name in parent.model_fields})
    near = difflib.get_close_matches(keys[-1], known, n=1)
    return f"there is no such key; {f'did you mean {near[0]!r}?' if near else 'known are: ' + ', '.join(known)}"


def _document_keys(location: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    """The keys as they stand in the document: pydantic also names the branches of a union it tried."""
    keys: list[str] = []
    models: list[type[BaseModel]] = [model]
    for step in location:
        if isinstance(step, int):
            keys.append(str(step))
            continue
        fields = [parent.model_fields[step].annotation for parent in models if step in parent.model_fields]
        if fields:
            keys.append(step)
            models = [m for annotation in fields for m in _models_in(annotation)]
        elif step == location[-1] and models and not _is_branch(step):
            keys.append(step)
    return keys


def _is_branch(step: str) -> bool:
    """Names pydantic gives to union branches: types and constraints, and the tags of our own unions."""
    return "[" in step or step in {"int", "float", "str", "bool", "rings", "sphere", "explicit"}


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
