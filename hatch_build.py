"""Puts the QR decoder of the scan page into the wheel, where this checkout has it.

It comes from npm and is not copied into the repository. Without it the wheel is whole, too: the
scan page then takes photos, which the server reads.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = ("package.json", "index.js", "decode.js", "LICENSE-MIT")
PLACE = "tracer_api/qr"


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg,misc]  # hatchling's config type
    """Adds the files that `tracer_api.decoder` reads; an editable install finds them by itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds."""
        package = Path(self.root) / "node_modules" / "qr"
        if version == "standard" and all((package / name).is_file() for name in FILES):
            build_data["force_include"].update(
                {str(package / name): f"{PLACE}/{name}" for name in FILES}
            )
