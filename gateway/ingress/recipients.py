"""Which recipients the desk takes mail for. Pure: the same address and organisation give the same answer."""

from dataclasses import dataclass
from enum import Enum, auto

from gateway.domain.organisation import Organisation
from gateway.mail.address import address_key

POSTMASTER = "postmaster"


@dataclass(frozen=True, slots=True)
class Recipient:
    """`address` as the envelope keeps it: as written, but `postmaster@hostname` for the bare `<postmaster>`."""

    address: str


class Refusal(Enum):
    UNKNOWN = auto()
    SWITCHED_OFF = auto()
    """A disabled gateway that wants its mail to wait at the peer."""


def acceptable(address: str, organisation: Organisation) -> Recipient | Refusal:
    """Takes an address as the path reader gives it. Disabled gateways' mail is taken unless they defer: the desk keeps it as ignored."""
    if address.lower() == POSTMASTER:
        # RFC 5321 §4.5.1: always taken, without a domain too.
        return Recipient(f"{POSTMASTER}@{organisation.desk.hostname}")
    key = address_key(address)
    if not key:
        return Refusal.UNKNOWN
    if _is_reply_address(key, organisation) or organisation.takes_bounces(key):
        return Recipient(address)
    gateway = organisation.gateway(key)
    if gateway is None:
        return Recipient(address) if organisation.takes_postmaster(key) else Refusal.UNKNOWN
    if not gateway.enabled and gateway.when_disabled == "defer":
        return Refusal.SWITCHED_OFF
    return Recipient(address)


def _is_reply_address(key: str, organisation: Organisation) -> bool:
    """`r@example.com`, and `r+TOKEN@example.com` with any token: whether it is genuine is told to nobody here."""
    local, _, domain = organisation.desk.reply_address.rpartition("@")
    own, _, own_domain = key.rpartition("@")
    return own_domain == domain and (own == local or own.startswith(f"{local}+"))
