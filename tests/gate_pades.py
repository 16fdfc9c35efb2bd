"""A certificate authority of the tests' own, and PDFs that it signs."""

import datetime as dt
import io

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko_certvalidator.registry import SimpleCertificateStore

DAY = dt.timedelta(days=1)
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """An authority whose certificates last for the length of the tests.

    Args:
        name: what it is called.
    """

    def __init__(self, name: str = "Example root (invented)") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        builder = self._builder(self._name, self._key.public_key(), 3650 * DAY)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=1), critical=True
        )
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        self.certificate = builder.sign(self._key, hashes.SHA256()).public_bytes(DER)

    @property
    def pem(self) -> bytes:
        """Its certificate as operators keep them."""
        return x509.load_der_x509_certificate(self.certificate).public_bytes(PEM)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, lasts: dt.timedelta
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 400 * DAY)
            .not_valid_after(now + lasts)
        )

    def signer(
        self, name: str = "Example chamber (invented)", lasts: dt.timedelta = 365 * DAY
    ) -> signers.SimpleSigner:
        """Someone who signs with a certificate of this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_name(name), key.public_key(), lasts)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        certificate = builder.sign(self._key, hashes.SHA256()).public_bytes(DER)
        plain = key.private_bytes(
            DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return signers.SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(certificate),
            signing_key=asn1_keys.PrivateKeyInfo.load(plain),
            cert_registry=SimpleCertificateStore(),
        )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def sign(pdf: bytes, signer: signers.SimpleSigner, field: str = "Signature1") -> bytes:
    """Sign a PDF, as a new revision at its end."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    append_signature_field(writer, SigFieldSpec(sig_field_name=field))
    meta = signers.PdfSignatureMetadata(field_name=field, reason="invented")
    signed = signers.sign_pdf(writer, meta, signer=signer)
    signed.seek(0)
    return bytes(signed.read())


def sign_while_making(pdf: bytes, signer: signers.SimpleSigner, field: str = "Signature1") -> bytes:
    """Write a PDF and sign it in one go: it has no second revision."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf)))
    append_signature_field(writer, SigFieldSpec(sig_field_name=field))
    meta = signers.PdfSignatureMetadata(field_name=field, reason="invented")
    signed = signers.sign_pdf(writer, meta, signer=signer)
    signed.seek(0)
    return bytes(signed.read())


def change(pdf: bytes, content: bytes) -> bytes:
    """Give the first page another content, as a new revision at the end."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    stream = page.raw_get("/Contents")
    obj = stream.get_object()
    obj._data = content
    obj._encoded_data = None
    writer.mark_update(stream)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
