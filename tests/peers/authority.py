"""A certificate authority of the tests' own, and certificates that it signs for names."""

import datetime
import ssl
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DAY = datetime.timedelta(days=1)


class Authority:
    """`pem` is the file with its own certificate; the others are made beside it."""

    def __init__(self, folder: Path, name: str = "Authority of the tests") -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]), self._key, (), is_authority=True)
        self.pem = folder / f"{name.replace(' ', '-')}.pem"
        self.pem.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    @classmethod
    def within(cls, folder: Path, pem: Path) -> Self:
        """Signs with the key and the certificate of this file, whatever they were meant for."""
        made = cls(folder, "Nobody")
        key = serialization.load_pem_private_key(pem.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        made._key, made.certificate = key, certificates_in(pem)[0]
        return made

    def issue(self, *names: str, days: int = 1) -> Path:
        """A PEM file: the key, a certificate of these host names, and the authority's. With `days` below 0 it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        certificate = self._signed(subject, key, names, days=days)
        private = key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = self.folder / f"{names[0]}.{certificate.serial_number}.pem"
        path.write_bytes(private + certificate.public_bytes(Encoding.PEM) + self.certificate.public_bytes(Encoding.PEM))
        return path

    def context(self, *names: str, days: int = 1) -> ssl.SSLContext:
        """For a server of these names."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.issue(*names, days=days))
        return context

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, names: tuple[str, ...], *, is_authority: bool = False, days: int = 1
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        issuer = subject if is_authority else self.certificate.subject
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 10 * DAY)
            .not_valid_after(now + days * DAY)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if is_authority:
            builder = builder.add_extension(x509.KeyUsage(*(each in (0, 5, 6) for each in range(9))), critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def certificates_in(path: Path) -> list[x509.Certificate]:
    """The server's own first."""
    return x509.load_pem_x509_certificates(path.read_bytes())


def public_key_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
