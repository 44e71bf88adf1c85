"""What of ours a message may name: the reply cutter and the kind reader use it to know our own letters."""

from dataclasses import dataclass

from gateway.domain.organisation import Organisation


@dataclass(frozen=True, slots=True)
class Ours:
    """Normalised gateway addresses (catch-alls as `*@domain`), display names of gateways and desk, and domains that our ids carry."""

    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


def ours_of(desk: Organisation) -> Ours:
    """Of a whole desk."""
    reply, known = desk.desk.reply_address, desk.gateways
    domains = (desk.desk.hostname, *(each.domain for each in known), reply.rpartition("@")[2], desk.desk.bounce_domain)
    return Ours(
        addresses=tuple(dict.fromkeys((*(each.address for each in known), reply))),
        names=tuple(dict.fromkeys((*(each.name for each in known), desk.desk.name))),
        domains=tuple(dict.fromkeys(each for each in domains if each is not None)),
    )
