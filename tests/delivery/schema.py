"""Renew the published schema: python -m tests.delivery.schema > docs/reference/manifest.schema.json"""

import json
import sys
from pathlib import Path

from scanner.delivery.manifest import manifest_schema

PUBLISHED = Path(__file__).parents[2] / "docs/reference/manifest.schema.json"


def schema_text() -> str:
    """What the file holds."""
    return json.dumps(manifest_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
