"""The envelope of fetched mail, read off the fields that the mailbox's server put on top. PURE."""

from collections.abc import Iterator

from gateway.domain.organisation import Gateway, Organisation
from gateway.ingress.path import read_address
from gateway.ingress.recipients import Recipient, acceptable
from gateway.mail.address import parse_mailboxes
from gateway.mail.headers import Block

RECIPIENT_FIELDS = ("delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "x-envelope-to")
"""What servers call the envelope recipient, the most usual first."""
MOST_VALUES = 20
"""Of one name: each hop of a chain of aliases may add one."""


def recipient_of_fetched(block: Block, gateway: Gateway, organisation: Organisation) -> str:
    """The topmost address of ours that one of those fields names, else the gateway's.

    A field of a stranger's making can do no more than To, which anybody writes: it chooses among addresses of ours.
    """
    for address in _written(block, RECIPIENT_FIELDS):
        if isinstance(acceptable(address, organisation), Recipient):
            return address
    return gateway.address if not gateway.catches_all else _caught(block, gateway)


def _caught(block: Block, gateway: Gateway) -> str:
    """A catch-all is no address by itself: the one it caught stands in To or Cc, else its postmaster is as good as any."""
    in_domain = (each for each in _written(block, ("to", "cc")) if each.lower().endswith(f"@{gateway.domain}"))
    return next(in_domain, f"postmaster@{gateway.domain}")


def _written(block: Block, names: tuple[str, ...]) -> Iterator[str]:
    """Addresses that the strict reader of paths takes."""
    for name in names:
        for field in block.all(name)[:MOST_VALUES]:
            for mailbox in parse_mailboxes(field.value):
                address = read_address(mailbox.address, "TO")
                if address is not None and "@" in address:
                    yield address


def reverse_path_of_fetched(block: Block) -> str:
    """Of the Return-Path that the final delivery adds (RFC 5321 §4.4); without it, the author's address, if there is one author."""
    for field in block.all("return-path")[:1]:
        written = field.value.strip()
        address = read_address(written.removeprefix("<").removesuffix(">").strip(), "FROM")
        if address is not None:
            return address
    authors = parse_mailboxes(block.value("from"))
    address = read_address(authors[0].address, "FROM") if len(authors) == 1 else None
    return address or ""
