"""Who was told of what: read off the outbox and the relay."""

from collections import defaultdict

from tests.journeys.running import Running
from tests.peers.smtp_peer import Received

AS_DANA = ("--as", "dana@staff.test")


async def by_ticket(gateway: Running, kind: str, agent: str) -> dict[int, Received]:
    """The letters of this kind that the agent got, by their tickets."""
    query = """SELECT m.ticket, r.message_id FROM outbox_messages m JOIN outbox_recipients r ON r.outbox_id = m.id
                WHERE m.kind = :kind AND r.address = :agent ORDER BY m.id"""
    known = {each.message_id: each for each in gateway.relay.to(agent)}
    return {row["ticket"]: known[row["message_id"]] for row in await gateway.rows(query, kind=kind, agent=agent)}


async def told(gateway: Running, *addresses: str) -> dict[int, list[tuple[str, str]]]:
    """By ticket, which letters went to whom, in order; to these addresses, or to all outside."""
    query = """SELECT m.ticket, m.kind, r.address FROM outbox_messages m JOIN outbox_recipients r ON r.outbox_id = m.id
                WHERE m.state = 'sent' ORDER BY m.id, r.position"""
    found = defaultdict(list)
    for row in await gateway.rows(query):
        if row["address"] in addresses or not (addresses or row["address"].endswith("@staff.test")):
            found[row["ticket"]].append((row["kind"], row["address"]))
    return dict(found)


async def kinds_to(gateway: Running, address: str) -> list[str]:
    return [kind for letters in (await told(gateway, address)).values() for kind, _ in letters]


async def set_fields(gateway: Running, number: int, *arguments: str, agent: str = "dana@staff.test") -> None:
    status, out, err = await gateway.command("tickets", "set", str(number), *arguments, "--as", agent)
    assert (status, out) == (0, f"#{number}: done\n"), err
