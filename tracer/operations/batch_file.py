"""Read a batch file, whatever its form: the content decides, never the name.

Four forms are known: our own JSON (`bundle_file`), an EPCIS 2.0 document (`epcis_file`), and a
clerk's sheet as CSV or Excel (`clerk_sheet`). All end in a `BatchPlan`; nothing is written.
"""

from pathlib import Path

from tracer.errors import InvalidFileError
from tracer.operations.bundle_file import FORMAT, read_bundle
from tracer.operations.clerk_sheet import read_sheet
from tracer.operations.epcis_file import FileDefaults, read_epcis
from tracer.operations.plan import BatchPlan
from tracer.operations.strict_json import decode_text, load_bounded, parse_json

__all__ = ["FileDefaults", "load_batch_plan"]

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PDF = b"%PDF"
KNOWN_FORMS = f"a JSON object with format {FORMAT!r}, an EPCIS 2.0 document, CSV, or .xlsx"
NO_DEFAULTS = FileDefaults()


def load_batch_plan(
    path: Path, *, now_unix: int, defaults: FileDefaults = NO_DEFAULTS
) -> BatchPlan:
    """Read a batch file of any known form.

    Args:
        path: the file; at most 20 MiB.
        now_unix: the moment of reading, Unix seconds; events after it are refused.
        defaults: what an EPCIS document or a sheet leaves open; unused for our own format.

    Raises:
        NotFoundError: there is no such file.
        LimitExceededError: it is too large; it was not read.
        InvalidFileError: it is of no known form, or breaks rules; the message lists them.
    """
    data = load_bounded(path)
    file = str(path)
    if data.startswith(_ZIP):
        return read_sheet(data, excel=True, defaults=defaults, now_unix=now_unix, file=file)
    if data.startswith((_OLD_OFFICE, _PDF)):
        raise InvalidFileError(f"{file} is not {KNOWN_FORMS}", hint="Save it as .xlsx or CSV.")
    text = decode_text(data, file)
    if text.lstrip().startswith(("{", "[")):
        return _read_json(text, path, defaults, now_unix)
    return read_sheet(data, excel=False, defaults=defaults, now_unix=now_unix, file=file)


def _read_json(text: str, path: Path, defaults: FileDefaults, now_unix: int) -> BatchPlan:
    file = str(path)
    raw = parse_json(text, file)
    if isinstance(raw, dict) and "format" in raw:
        if raw["format"] == FORMAT:
            return read_bundle(raw, path.parent, now_unix, file)
        raise InvalidFileError(
            f"{file}: format {str(raw['format'])[:40]!r} is unknown", hint=f"Write {FORMAT!r}."
        )
    if isinstance(raw, dict) and raw.get("type") == "EPCISDocument":
        return read_epcis(raw, defaults, now_unix, file)
    raise InvalidFileError(f"{file} is not {KNOWN_FORMS}", hint="See docs/howto/batch-files.md.")
