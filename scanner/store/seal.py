"""JSON objects that tell when they were damaged: the last key is a checksum of all the text before it.

Half a file does not parse, but a few flipped bits in a number do; only a checksum finds those.
"""

import re
import zlib

from scanner.errors import CorruptState

CHECK = "check"

_CHECK_AT_END = re.compile(rb',\s*"check":\s*"([0-9a-f]{8})"\s*\}\s*$')
_TAIL = 64
"""Bytes from the end within which the checksum stands."""


def seal(json: str) -> str:
    """The text of a JSON object that is not empty, with its checksum as last key, laid out like the others."""
    body = json.rstrip().removesuffix("}").rstrip()
    lines = "\n" in body
    before, after = (",\n  ", "\n}") if lines else (",", "}")
    return f'{body}{before}"{CHECK}": "{_checksum(body.encode())}"{after}'


def unseal(json: bytes) -> bytes:
    """The text without its checksum, which may be missing: then a person edited the text and took it out.

    Raises CorruptState when it does not fit. Whether the text is JSON is for the reader to find out.
    """
    found = _CHECK_AT_END.search(json, max(0, len(json) - _TAIL))
    if found is None:
        return json
    body = json[: found.start()]
    if found[1].decode() != _checksum(body):
        raise CorruptState(
            "The content does not fit its checksum.", f'If you edited it by hand, take out the key "{CHECK}".'
        )
    return body + b"}"


def _checksum(body: bytes) -> str:
    return f"{zlib.crc32(body):08x}"
