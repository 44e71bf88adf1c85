"""Mail that waited for a person, as that person sorted it (B7). PURE."""

from dataclasses import replace

from gateway.desk.identify import FromOutside, Writer
from gateway.desk.route import Route, Unrouted
from gateway.domain.facts import Assigned
from gateway.domain.organisation import Organisation
from gateway.domain.steps import Person
from gateway.mail.address import address_key


def assigned_writer(writer: Writer, assigned: Assigned | None) -> Writer:
    """Whoever wrote from outside stays who they are, at their own address. Of mail that names nobody, or somebody of ours without proof,
    the client whose it was said to be is the writer."""
    if assigned is None or assigned.client is None:
        return writer
    client, why = assigned.client, f"a person gave it to client {assigned.client.id}"
    if isinstance(writer, FromOutside):
        return replace(writer, reason=f"{writer.reason}, and {why}")
    return FromOutside(Person(client.name, client.address), address_key(client.address), why)


def assigned_route(routed: Route | Unrouted, assigned: Assigned | None, organisation: Organisation) -> Route | Unrouted:
    """What was written to no gateway belongs to the default one, once somebody wants it."""
    if assigned is None:
        return routed
    if isinstance(routed, Unrouted):
        default = organisation.default_gateway
        routed = Route(default, default.address, f"{routed.reason}: a person sorted it, so it is the default one's")
    if assigned.department is None or organisation.department(assigned.department) is None:
        return routed
    gateway = replace(routed.gateway, department=assigned.department)
    return replace(routed, gateway=gateway, reason=f"{routed.reason}; a person gave it to {assigned.department!r}")
