"""What the desk says of itself. `python -m tracer_desk.openapi` prints it for desk-openapi.json."""

import json
import sys

from tracer_desk.app import build_api


def build_openapi() -> str:
    """The document as text. It depends on the code alone, on no setting."""
    return json.dumps(build_api(None).openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(build_openapi())
