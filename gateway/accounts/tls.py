"""Whom a server has to prove to be, and in plain words why it did not."""

import errno
import os
import ssl
from typing import Final

from gateway.accounts.sasl import AccountError

# By OpenSSL's codes (X509_verify_cert_error_string(3)) for chains that end in nothing that is trusted.
_UNKNOWN_AUTHORITY: Final = dict.fromkeys((18, 19, 20, 21), "; if it is the right one, set ca to a file with its authority's certificate")


def context_of(ca: str | None) -> ssl.SSLContext:
    """Verifies the certificate and the name, always; `ca` is a PEM file, None: the system's authorities. Raises `AccountError`."""
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise AccountError(f"{ca} holds no certificates to verify the server by: {error}") from error


def told(where: str, error: OSError) -> str:
    """Why there is no connection to `where`."""
    match error:
        case ssl.SSLCertVerificationError():
            remedy = _UNKNOWN_AUTHORITY.get(error.verify_code, "")
            return f"the certificate of {where} is not to be trusted: {error.verify_message}{remedy}"
        case ssl.SSLError():
            return f"no TLS with {where}: {error.reason or error}"
    return f"{where} cannot be reached: {_reason(error)}"


def _reason(error: OSError) -> str:
    """`connection refused`, whatever the event loop makes of it; names that are not found have numbers of their own."""
    if error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno).lower()
    return error.strerror or str(error)
