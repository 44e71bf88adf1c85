"""`deskgate dkim new`: a key to sign letters with, the record to publish, and the table of the configuration that names it."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_json, say
from gateway.config.dkim import public_half, read_selector
from gateway.config.load import find_config
from gateway.config.values import read_domain
from gateway.dnscheck.document import strings, zone_line
from gateway.dnscheck.findings import Publish
from gateway.domain.dkim import DkimKey

EXPONENT: Final = 65537
GOOD_BITS: Final = 2048
ED25519_BITS: Final = 256
LONGEST_NAME: Final = 253
"""Of a name in DNS (RFC 1035 §2.3.4), written without its last dot."""
SUFFIX: Final = {"rsa": "", "ed25519": "ed"}
KIND: Final = {"rsa": "RSA", "ed25519": "Ed25519"}


def new(options: argparse.Namespace) -> None:
    key = made(options)
    path, named = place(options, key)
    keep(path, key.private)
    if key.kind == "rsa" and key.bits < GOOD_BITS:
        say(f"deskgate: some receivers count RSA below {GOOD_BITS} bits for nothing (RFC 8301)")
    record = Publish(key.name, "TXT", key.record)
    table = f'[[dkim]]\ndomain = "{key.domain}"\nselector = "{key.selector}"\nkey = {quoted(named)}\n'
    if options.json:
        print_json(
            {
                "domain": key.domain,
                "selector": key.selector,
                "kind": key.kind,
                "bits": key.bits,
                "file": str(path),
                "record": {"name": record.name, "kind": record.kind, "value": record.value, "strings": list(strings(record.value))},
                "zone": zone_line(record),
                "configuration": table,
            }
        )
        return
    print(f"wrote {path}: {KIND[key.kind]}, {key.bits} bits; only its owner may read it, who has to be the user of the service\n")
    print(f"Publish this record in DNS. As a zone file has it:\n\n{zone_line(record)}\n")
    print(f"or, where a form asks for a name and a value of a TXT record:\n\n{record.name}\n{record.value}\n")
    print(f"Put this into the configuration:\n\n{table}")
    print("`deskgate check --dns` says when the record is there. Reload the service then (SIGHUP), and letters are signed.")


def made(options: argparse.Namespace) -> DkimKey:
    if options.kind == "ed25519" and options.bits is not None:
        raise Fail("--bits is for RSA: all Ed25519 keys are of one size", Exit.USAGE)
    try:
        domain = read_domain(options.domain)
        selector = read_selector(options.selector or f"desk{datetime.now(UTC):%Y%m}{SUFFIX[options.kind]}")
    except ValueError as error:
        raise Fail(f"dkim new {options.domain}: {error}", Exit.USAGE) from error
    bits = (options.bits or GOOD_BITS) if options.kind == "rsa" else ED25519_BITS
    private = rsa.generate_private_key(EXPONENT, bits) if options.kind == "rsa" else Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = DkimKey(domain, selector, options.kind, bits, public_half(pem)[1], pem)
    if len(key.name) > LONGEST_NAME:
        raise Fail(f"{key.name} is longer than a name in DNS may be: choose a shorter --selector", Exit.USAGE)
    return key


def place(options: argparse.Namespace, key: DkimKey) -> tuple[Path, str]:
    """Where the key goes, and how the configuration names it: paths there begin at its own directory."""
    base = find_config(options.config).base
    if options.file is not None:
        path = Path(options.file).absolute()
        return path, str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
    name = f"dkim-{key.domain}-{key.selector}.pem"
    return base / name, name


def keep(path: Path, pem: str) -> None:
    """Never in the place of a file that is there: letters under way are signed by it. Nobody but its owner reads it at any moment."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Fail(f"{path} is there already, and keys are never overwritten: choose another --selector, or another --file") from None
    except OSError as error:
        raise Fail(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Fail(f"{path} cannot be written: {error.strerror}") from error


def quoted(text: str) -> str:
    """As a basic string of TOML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
