"""The listener's certificate and key, made what a TLS handshake needs. The files are read here, by `load` and by the listener alike."""

import ssl
from pathlib import Path


class CertificateError(ValueError):
    """The text says what was expected of the key's file."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """For servers, TLS 1.2 or later. Raises CertificateError, for files that cannot be read too."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996; the system's OpenSSL may be set to allow less
    context.options |= ssl.OP_NO_RENEGOTIATION  # a renegotiation costs us more than it costs the peer
    try:
        context.load_cert_chain(certificate, key, _refuse_to_ask)
    except (OSError, ValueError) as error:
        # `reason` is OpenSSL's, `strerror` the system's.
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise CertificateError(f"expected the key of tls.certificate, both in PEM and without a passphrase: {why}") from error
    return context


def _refuse_to_ask() -> str:
    # OpenSSL would ask for it at the terminal.
    raise ValueError("the key has a passphrase")
