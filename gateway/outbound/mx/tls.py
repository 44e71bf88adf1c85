"""TLS as one mail server speaks it to another: contexts that verify, that do not, and the certificates of a session."""

import ssl
from typing import Any


def verifying(ca: str | None = None) -> ssl.SSLContext:
    """By the authorities of this PEM file; else by those that this machine trusts (`SSL_CERT_FILE` names others), or by Mozilla's where it
    knows none."""
    context = ssl.create_default_context(cafile=ca)
    if ca is not None:
        return context
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def unverifying() -> ssl.SSLContext:
    """For where the alternative is to send in the clear (RFC 7435): the oldest TLS and the weakest cipher are better than none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def encrypting() -> ssl.SSLContext:
    """For where TLS is demanded, and the certificate is not OpenSSL's to judge: at TLS 1.2 or later (RFC 8461 §4.2)."""
    context = unverifying()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DEFAULT:@SECLEVEL=1")
    return context


def chain_of(session: Any) -> list[bytes]:
    """What the server sent, in DER, its own certificate first. `session` is an `ssl.SSLObject`, which shows all of them since Python 3.13;
    before that, the object within does."""
    if hasattr(session, "get_unverified_chain"):
        return [bytes(each) for each in session.get_unverified_chain()]
    der = 2  # _ssl.ENCODING_DER
    return [each.public_bytes(der) for each in session._sslobj.get_unverified_chain() or ()]
