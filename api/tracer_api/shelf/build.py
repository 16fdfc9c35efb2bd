"""What makes a page besides its batch: code and settings.

Pages of another build are not served.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import tracer.domain
import tracer.rules
import tracer_api
from tracer_api.services import Services

_PACKAGES: Final = (tracer.domain, tracer.rules, tracer_api)
_SUFFIXES: Final = frozenset({".py", ".html", ".json"})
_BITS: Final = 63  # a database's whole number


@cache
def _code_digest() -> bytes:
    """Digest of every file that a page may be made by."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                digest.update(path.relative_to(folder).as_posix().encode() + b"\x00")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def build_digest(services: Services) -> int:
    """A number that differs when pages would."""
    settings, assets = services.settings, services.assets
    parts = [
        _code_digest().hex(),
        settings.browser_rpc_url,
        settings.finality,
        assets.css_hash,
        assets.head_hash,
        *(
            f"{script.name} {script.digest}"
            for scripts in assets.scripts.values()
            for script in scripts.values()
        ),
        *(repr(sorted(texts.catalogue.items())) for texts in services.texts.values()),
    ]
    digest = hashlib.sha256("\x00".join(parts).encode()).digest()
    return int.from_bytes(digest[:8]) >> (64 - _BITS)
