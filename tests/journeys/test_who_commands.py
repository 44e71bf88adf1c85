"""Who commands (X1, O10): the token, the agent's address and the authentication of the mail together, over real SMTP and real DNS."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from tests.auth.nameserver import Zone
from tests.auth.sealing import seal
from tests.auth.signing import ed25519_record, rsa_record, sign_ed25519, sign_rsa
from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to, written

ANNA = "Anna <anna@client.test>"
SPF_PASS, SPF_FAIL = ["v=spf1 ip4:127.0.0.1 -all"], ["v=spf1 ip4:192.0.2.1 -all"]


@dataclass(frozen=True)
class Origin:
    """How an agent's domain publishes, and how their mail is signed. `proven`: an aligned pass; None: DNS does not tell."""

    proven: bool | None
    spf: list[str] | str = ()  # type: ignore[assignment]
    dmarc: str = ""
    signature: str = ""

    def zone(self, domain: str) -> Zone:
        found: dict[tuple[str, str], list[str] | str] = {}
        if self.spf:
            found[domain, "TXT"] = self.spf
        if self.dmarc:
            found[f"_dmarc.{domain}", "TXT"] = [self.dmarc]
        if self.signature and self.signature != "key is gone":
            found[f"s1._domainkey.{domain}", "TXT"] = [rsa_record().decode()]
            found[f"s2._domainkey.{domain}", "TXT"] = [ed25519_record().decode()]
        return found

    def written(self, content: bytes, domain: str) -> bytes:
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        match self.signature:
            case "rsa":
                return sign_rsa(content, domain)
            case "ed25519":
                return sign_ed25519(content, domain)
            case "changed on the way":
                return sign_rsa(content, domain) + b"-- \r\nA footer of the list.\r\n"
            case "another's":
                return sign_rsa(content, "evil.test")
            case "trusted list" | "untrusted list":
                sealer = "list.test" if self.signature == "trusted list" else "evil.test"
                stated = f"dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
                return seal(sign_rsa(content, domain) + b"-- \r\nA footer of the list.\r\n", sealer, stated=stated)
            case "key is gone":
                return sign_rsa(content, domain)
            case _:
                return content


REJECT = "v=DMARC1; p=reject"
ORIGINS = {
    "spf": Origin(True, SPF_PASS),
    "spf-dmarc": Origin(True, SPF_PASS, REJECT),
    "spf-fail": Origin(False, SPF_FAIL),
    "nothing": Origin(False),
    "dkim": Origin(True, (), "", "rsa"),  # type: ignore[arg-type]
    "dkim-ed": Origin(True, SPF_FAIL, REJECT, "ed25519"),
    "dkim-gone": Origin(False, SPF_FAIL, "", "key is gone"),
    "dkim-broken": Origin(False, SPF_FAIL, "", "changed on the way"),
    "dkim-others": Origin(False, SPF_FAIL, "", "another's"),
    "disowned": Origin(False, SPF_FAIL, REJECT),
    "list": Origin(True, SPF_FAIL, REJECT, "trusted list"),
    "list-unknown": Origin(False, SPF_FAIL, REJECT, "untrusted list"),
    "dns-away": Origin(None, "servfail"),
}
AGENTS = "\n".join(f'[[agent]]\nname = "Agent {each}"\naddress = "agent@{each}.test"\ndepartments = ["support"]\n' for each in ORIGINS)
ZONE: dict[tuple[str, str], list[str] | str] = {
    ("s1._domainkey.list.test", "TXT"): [rsa_record().decode()],
    ("s1._domainkey.evil.test", "TXT"): [rsa_record().decode()],
    ("client.test", "TXT"): SPF_PASS,
}
for _name, _origin in ORIGINS.items():
    ZONE |= _origin.zone(f"{_name}.test")  # type: ignore[arg-type]


async def decided(gateway: Running, words: str, name: str, notification_of: str, ticket: int) -> tuple[object, object]:
    """State and outcome of an answer by one agent to the notification that another got. What is put off is taken out of the way."""
    received = next(each for each in gateway.relay.to(f"agent@{notification_of}.test") if f"[#{ticket}]" in each.subject)
    return await judged(gateway, reply_to(received, f"Agent {name} <agent@{name}.test>", words), name)


async def judged(gateway: Running, mail: EmailMessage, name: str) -> tuple[object, object]:
    content = ORIGINS[name].written(mail.as_bytes(), f"{name}.test")
    before = len(await gateway.rows("SELECT id FROM inbound_messages"))
    await gateway.send(content, *(each.addr_spec for each in mail["To"].addresses), reverse_path=f"agent@{name}.test")
    row = await looked_at(gateway, before + 1)
    await gateway.alter(f"UPDATE inbound_messages SET state = 'held', outcome = 'held' WHERE state = 'queued' AND id = {row['id']}")
    return row["state"], row["outcome"]


async def looked_at(gateway: Running, number: int) -> dict[str, Any]:
    """The newest of so many rows, once it is decided on or put off for a while."""
    query = "SELECT id, state, outcome, attempts, error, due_at > now() + interval '30 s' AS later FROM inbound_messages ORDER BY id"
    for _ in range(1000):
        rows = await gateway.rows(query)
        if len(rows) >= number and (rows[-1]["state"] in ("done", "held", "ignored") or rows[-1]["later"]):
            return rows[-1]
        await asyncio.sleep(0.03)
    raise AssertionError(gateway.process.told())


async def test_every_token_with_every_proof(lend: Lender) -> None:
    async with lend(trust='arc_sealers = ["list.test"]', zone=ZONE, tables=AGENTS) as gateway:
        for subject in ("Printer", "Old"):
            await gateway.take(letter(ANNA, "support@desk.test", subject))
        await gateway.quiet()
        await gateway.alter("UPDATE tickets SET status = 'closed', closed_at = now() - interval '91 days' WHERE number = 2")
        for name, origin in ORIGINS.items():
            own = await decided(gateway, "Done.\n@tags " + name, name, name, 1)
            others = await decided(gateway, "Mine.\n@tags stolen", name, "spf" if name != "spf" else "dkim", 1)
            expired = await decided(gateway, "Late.\n@open\n@tags late", name, name, 2)
            without = letter(f"Agent {name} <agent@{name}.test>", "support@desk.test", f"The lift of {name}", "It stops.\n@tags own")
            absent = await judged(gateway, without, name)
            wanted = {True: ("done", "agent_reply"), False: ("held", "held"), None: ("queued", None)}
            assert absent == (("done", "ticket") if origin.proven else wanted[origin.proven]), name
            assert own == wanted[origin.proven], name
            assert others == wanted[False], name
            assert expired == wanted[None if origin.proven is None else False], name
        proven = {name for name, origin in ORIGINS.items() if origin.proven}
        ticket, old = await gateway.ticket(1), await gateway.ticket(2)
        assert set(ticket["tags"]) == proven
        assert len(written(ticket)) == 1 + len(proven)
        assert (old["tags"], old["status"], len(written(old))) == ([], "closed", 1)
        await gateway.quiet()
        # The forger hears nothing; each agent in whose name mail was held is told once, however often.
        held = [each for each in gateway.relay.messages if "in your name" in each.subject]
        assert sorted(each.recipients[0] for each in held) == sorted(f"agent@{each}.test" for each in ORIGINS)
        sent = [each for each in gateway.relay.to("anna@client.test") if "Done." in each.text]
        assert len(sent) == len(proven)
        replied = [each["data"]["auth"] for each in ticket["events"] if each["kind"] == "replied"]
        assert all(each["aligned"] for each in replied)
        [arc] = [each for each in replied if each["arc"] == "pass"]
        assert arc["dmarc"] == "fail"


async def test_a_forged_command_does_nothing_and_says_nothing_to_the_forger(lend: Lender) -> None:
    zone = {("staff.test", "TXT"): SPF_FAIL, ("client.test", "TXT"): SPF_PASS}
    async with lend(trust="", zone=zone) as gateway:
        await gateway.take(letter(ANNA, "support@desk.test"))
        [notification] = await gateway.letters_to("dana@staff.test")
        await gateway.quiet()
        before = len(gateway.relay.messages)
        forged = reply_to(notification, "Dana Agent <dana@staff.test>", "@closed\n@bcc eve@evil.test")
        forged["Reply-To"], forged["Disposition-Notification-To"] = "eve@evil.test", "eve@evil.test"
        row = await gateway.take(forged, reverse_path="eve@evil.test")
        assert row["state"] == "held"
        from_client = reply_to(gateway.relay.to("anna@client.test")[0], ANNA, "Still burning.\n@closed")
        assert (await gateway.take(from_client))["outcome"] == "client_reply"
        await gateway.quiet()
        ticket = await gateway.ticket(1)
        assert ticket["status"] == "new"
        assert written(ticket)[1]["text"] == "Still burning.\n@closed"
        assert not gateway.relay.to("eve@evil.test")
        told = [each for each in gateway.relay.messages[before:] if each.recipients != ("oleg@staff.test",)]
        assert {each.recipients for each in told} == {("dana@staff.test",)}


async def test_what_dns_does_not_tell_is_asked_for_an_hour_and_then_held(lend: Lender) -> None:
    zone: dict[tuple[str, str], list[str] | str] = {("staff.test", "TXT"): "servfail", ("client.test", "TXT"): SPF_PASS}
    async with lend(trust="", zone=zone) as gateway:
        await gateway.take(letter(ANNA, "support@desk.test"))
        [notification] = await gateway.letters_to("dana@staff.test")
        await gateway.send(reply_to(notification, "Dana Agent <dana@staff.test>", "Done.\n@closed"))
        found = await looked_at(gateway, 2)
        assert (found["state"], found["attempts"], "DNS did not answer" in found["error"]) == ("queued", 0, True)
        assert (await gateway.ticket(1))["status"] == "new"
        for table in ("inbound_contents", "inbound_messages"):
            await gateway.alter(f"UPDATE {table} SET received_at = received_at - interval '61 min'")
        await gateway.alter("UPDATE inbound_messages SET due_at = now() WHERE state = 'queued'")
        assert (await gateway.settled(2))[-1]["state"] == "held"
        [_, told] = await gateway.letters_to("dana@staff.test", 2)
        assert "DNS" in told.text
