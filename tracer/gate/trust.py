"""Certificates that signatures inside a PDF may lead to, from a file or folder of the operator's.

They are read once, when the desk starts: a list that cannot be read whole stops it there. Half a
list would let signers of the other half look unknown.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tracer.errors import ConfigurationError
from tracer.gate.signatures import MAX_CERTIFICATE_BYTES, MAX_TRUSTED

SUFFIXES: Final = frozenset({".pem", ".crt", ".cer"})
MAX_FILE_BYTES: Final = 2 * MAX_TRUSTED * MAX_CERTIFICATE_BYTES  # PEM is a third longer, and names
_PEM: Final = b"-----BEGIN"
_HINT: Final = "TRACER_TRUSTED_CERTIFICATES names a PEM file, or a folder of such files."


def load_trust(place: Path | None) -> tuple[bytes, ...]:
    """The certificates in a file, or in a folder's files that end in .pem, .crt or .cer.

    Args:
        place: the file or folder; None means that nobody is trusted.

    Returns:
        Each certificate once, DER.

    Raises:
        ConfigurationError: something cannot be read, is no certificate, or there are none, or more
            than `MAX_TRUSTED`.
    """
    if place is None:
        return ()
    found = dict.fromkeys(
        certificate for file in _files(place) for certificate in _certificates(file)
    )
    if not found:
        raise ConfigurationError(f"{place} holds no certificate", hint=_HINT)
    if len(found) > MAX_TRUSTED:
        raise ConfigurationError(
            f"{place} holds {len(found)} certificates, more than {MAX_TRUSTED}",
            hint="Name only those that vouch for the issuers of your papers.",
        )
    return tuple(found)


def _files(place: Path) -> list[Path]:
    try:
        if not place.is_dir():
            return [place]
        return sorted(
            file
            for file in place.iterdir()
            if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
        )
    except OSError as error:
        raise _unreadable(place, error) from error


def _certificates(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(file, error) from error
    if len(data) > MAX_FILE_BYTES:
        raise ConfigurationError(f"{file} is larger than {MAX_FILE_BYTES} bytes", hint=_HINT)
    try:
        if _PEM in data:
            loaded = x509.load_pem_x509_certificates(data)
        else:
            loaded = [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise ConfigurationError(f"{file} holds no readable certificate", hint=_HINT) from error
    for certificate in loaded:
        der = certificate.public_bytes(Encoding.DER)
        if len(der) > MAX_CERTIFICATE_BYTES:
            raise ConfigurationError(
                f"{file}: a certificate is larger than {MAX_CERTIFICATE_BYTES} bytes", hint=_HINT
            )
        yield der


def _unreadable(place: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"the trusted certificates in {place} cannot be read: {error.strerror or error}",
        hint=_HINT,
    )
