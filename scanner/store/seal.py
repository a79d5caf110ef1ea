"""JSON objects that tell when they were damaged: the last key is a checksum of all the others.

Half a file does not parse, but a few flipped bits in a number do; only a checksum finds those.
"""

import json
import zlib

from pydantic import JsonValue, TypeAdapter, ValidationError

from scanner.errors import CorruptState

CHECK = "check"

_OBJECT: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


def seal(facts: dict[str, JsonValue], indent: int | None = None) -> str:
    """The object as JSON with its checksum as last key. `indent` as in `json.dumps`."""
    return json.dumps({**facts, CHECK: _checksum(facts)}, indent=indent)


def unseal(text: bytes | str) -> dict[str, JsonValue]:
    """The object without its checksum, which may be missing: then a person edited it and took it out.

    Raises CorruptState.
    """
    try:
        facts = _OBJECT.validate_json(text)
    except ValidationError as error:
        raise CorruptState(f"This is not a JSON object: {error.errors()[0]['msg']}.") from error
    if CHECK in facts and facts.pop(CHECK) != _checksum(facts):
        raise CorruptState(
            "The content does not fit its checksum.", f'If you edited it by hand, take out the key "{CHECK}".'
        )
    return facts


def _checksum(facts: dict[str, JsonValue]) -> str:
    """CRC-32 of the canonical form, so that layout and order of the text do not matter."""
    return f"{zlib.crc32(json.dumps(facts, sort_keys=True, separators=(',', ':')).encode()):08x}"
