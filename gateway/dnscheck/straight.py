"""Whether mail servers of the world will believe the name that we greet them with, where letters go straight to them. Pure."""

from gateway.dnscheck.findings import Finding, Publish
from gateway.dnscheck.known import Known
from gateway.dnscheck.sending import Outlet, Sending, is_inner


def straight_findings(outlet: Outlet, sending: Sending, known: Known) -> tuple[Finding, ...]:
    """Beside those on the reverse names of the addresses: `server.hostname` has to lead to where we come from (RFC 5321 §4.1.4)."""
    if not outlet.straight:
        return ()
    found, unknown = known.hosts(outlet.hostname)
    outside = tuple(each for each in sending.addresses if not is_inner(each))
    details: tuple[tuple[str, object], ...] = (("hostname", outlet.hostname), ("addresses", list(found)))
    if unknown:
        return (
            Finding("reverse", "unknown", f"the addresses of {outlet.hostname} could not be looked up", "try again later", None, details),
        )
    if not found:
        says = f"mail servers are greeted as {outlet.hostname}, which has no address; many refuse that"
        publish = Publish(outlet.hostname, "A", outside[0]) if outside and ":" not in outside[0] else None
        remedy = "publish its address" if publish else "publish its address, or set server.hostname to the name of the address we send from"
        return (Finding("reverse", "fault", says, remedy, publish, details),)
    if outside and not set(outside) & set(found):
        says = f"mail servers are greeted as {outlet.hostname}, which is at {', '.join(found)}, and see us come from {', '.join(outside)}"
        return (Finding("reverse", "advice", says, "set server.hostname to a name of that address", None, details),)
    return ()
