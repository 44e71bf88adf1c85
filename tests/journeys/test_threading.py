"""How mail finds its ticket, and how it must not (X1, O10, U4): by token, by remembered ids, by `[#N]` with proof."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to, written
from tests.peers.smtp_peer import Received

TRUST = """
relays = ["127.0.0.1"]
authserv_id = "mx.relay.test"
"""
DANA = "Dana Agent <dana@staff.test>"
ANNA = "Anna <anna@client.test>"


def proven(mail: EmailMessage, domain: str, method: str = "spf=pass smtp.mailfrom", authserv: str = "mx.relay.test") -> EmailMessage:
    """As the relay in front of us hands it on: with what it found out about the author's domain."""
    found = letter("nobody@else.test", "nobody@else.test")
    for name in list(found):
        del found[name]
    found["Authentication-Results"] = f"{authserv}; {method}={domain}"
    for name, value in mail.items():
        if not name.startswith(("Content-", "MIME-")):
            found[name] = value
    found.set_content(mail.get_content())
    return found


def of_dana(mail: EmailMessage) -> EmailMessage:
    return proven(mail, "staff.test")


def token_of(received: Received) -> str:
    return str(received.message["Reply-To"]).partition("+")[2].partition("@")[0]


async def ask(gateway: Running, author: str = ANNA, subject: str = "Printer on fire") -> EmailMessage:
    """A client's first mail, which opens a ticket."""
    mail = letter(author, "support@desk.test", subject, "It burns.")
    row = await gateway.take(mail)
    assert (row["outcome"], row["state"]) == ("ticket", "done"), row["why"]
    return mail


async def test_a_reply_finds_its_ticket_by_each_way(lend: Lender) -> None:
    async with lend(trust=TRUST) as gateway:
        question = await ask(gateway)
        [registered] = await gateway.letters_to("anna@client.test")
        [notified] = await gateway.letters_to("dana@staff.test")
        token = token_of(notified)
        colleague = "Bob <bob@client.test>"

        to_reply_to = of_dana(letter(DANA, str(notified.message["Reply-To"]), "Re: something else", "By the address alone."))
        in_capitals = of_dana(letter(DANA, f"R+{token.upper()}@DESK.TEST", "Re: Printer", "By an address in capitals."))
        to_from = of_dana(letter(DANA, "support@desk.test", "Re: Printer", "By the id alone.", answers=notified.message_id))
        by_references = letter(DANA, "support@desk.test", "Re: Printer", "By References alone.")
        by_references["References"] = f"<unknown@else.test> {notified.message_id}"
        from_alias = proven(letter("Dana <dana@home.test>", f"r+{token}@desk.test", "Re: Printer", "From an alias."), "home.test")
        by_thread_token = letter(ANNA, "support@desk.test", "Re: Printer", "By the letter's id.", answers=registered.message_id)
        by_own_id = letter(ANNA, "support@desk.test", "And also", "By my own first mail.", answers=str(question["Message-ID"]))
        by_tag = proven(letter(ANNA, "support@desk.test", "Fwd: AW: Printer on fire [#1]", "By the subject."), "client.test")
        first_sibling = letter(ANNA, "support@desk.test", "About the lift", "It stops.", Cc=colleague)
        first_sibling["References"] = "<lost@client.test>"
        second_sibling = letter(colleague, ANNA, "Re: About the lift", "It does.", Cc="support@desk.test")
        second_sibling["References"] = "<lost@client.test> <also.lost@client.test>"
        late = letter(ANNA, colleague, "The cellar", "It is wet.", Cc="support@desk.test")
        early = letter(colleague, ANNA, "Re: The cellar", "Very wet.", Cc="support@desk.test", answers=str(late["Message-ID"]))

        ways: dict[str, tuple[EmailMessage, str, str, int]] = {
            "a token in Reply-To": (to_reply_to, f"r+{token}@desk.test", "agent_reply", 1),
            "a token in capitals": (in_capitals, f"R+{token.upper()}@DESK.TEST", "agent_reply", 1),
            "a token in In-Reply-To, written to From": (to_from, "support@desk.test", "agent_reply", 1),
            "a token in References": (of_dana(by_references), "support@desk.test", "agent_reply", 1),
            "an agent's alias": (from_alias, f"r+{token}@desk.test", "agent_reply", 1),
            "a client's thread token": (by_thread_token, "support@desk.test", "client_reply", 1),
            "a remembered id": (by_own_id, "support@desk.test", "client_reply", 1),
            "[#N] of an authenticated participant": (by_tag, "support@desk.test", "client_reply", 1),
            "the first of two siblings": (first_sibling, "support@desk.test", "ticket", 2),
            "the second of two siblings": (second_sibling, "support@desk.test", "stranger_reply", 2),
            "an answer before its question": (early, "support@desk.test", "ticket", 3),
            "a question after its answer": (late, "support@desk.test", "stranger_reply", 3),
        }
        became = {}
        for way, (mail, recipient, _, _) in ways.items():
            row = await gateway.take(mail, recipient)
            became[way] = (row["outcome"], row["ticket"])
        assert became == {way: (outcome, ticket) for way, (_, _, outcome, ticket) in ways.items()}

        answers = await gateway.letters_to("anna@client.test", 7)
        assert [each.text.split("\n")[2] for each in answers if each.subject.startswith("Re:")] == [
            "By the address alone.", "By an address in capitals.", "By the id alone.", "By References alone.", "From an alias.",
        ]  # fmt: skip
        shown = b"".join(each.content for each in answers).lower()
        assert token.encode() not in shown.replace(b"=\r\n", b"")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody tries, to whom it goes in the envelope, and what it becomes: outcome, ticket, and part of the reason."""

    mail: EmailMessage
    recipient: str
    outcome: str
    ticket: int | None
    why: str


async def test_nobody_gets_into_a_ticket_or_speaks_for_an_agent_without_proof(lend: Lender) -> None:
    async with lend(trust=TRUST) as gateway:
        question = await ask(gateway)
        [registered] = await gateway.letters_to("anna@client.test")
        [notified] = await gateway.letters_to("dana@staff.test")
        [to_oleg] = await gateway.letters_to("oleg@staff.test")
        await gateway.quiet()
        before = await gateway.ticket(1)

        tries = attempts(question, registered, notified, to_oleg)
        became: dict[str, tuple[str, int | None]] = {}
        for what, attempt in tries.items():
            row = await gateway.take(attempt.mail, attempt.recipient)
            became[what] = (row["outcome"], row["ticket"])
            assert attempt.why in " · ".join(row["decision"]), f"{what}: {row['decision']}"
        assert became == {what: (attempt.outcome, attempt.ticket) for what, attempt in tries.items()}

        await gateway.quiet()
        ticket = await gateway.ticket(1)
        assert (ticket["status"], ticket["assignee"], ticket["cc"]) == (before["status"], None, [])
        kept = [(each["kind"], each["author"]["address"], each["verified"]) for each in written(ticket)[1:]]
        assert kept == [("client_message", "mallory@evil.test", False)] * 4
        of_the_ticket = [each for each in gateway.relay.to("anna@client.test") if each.message["X-Deskgate-Ticket"] == "1"]
        assert of_the_ticket == [registered], "nothing more went to the client"
        to_mallory = gateway.relay.to("mallory@evil.test")
        assert {each.message["X-Deskgate-Ticket"] for each in to_mallory} == {"2", "4"}, "Mallory is told of their own tickets alone"
        assert [each for each in to_mallory if b"It burns" in each.content or b"anna@" in each.content] == []
        held = [each for each in gateway.relay.to("dana@staff.test") if "was held" in each.subject]
        assert len(held) == 1, "the agent whose name was used is told once a day"
        assert {each["kind"] for each in ticket["events"]} == {"created", "client_replied", "held"}
        warned = [each.text for each in gateway.relay.to("dana@staff.test") if "takes no part in this ticket" in each.text]
        assert len(warned) == 4


def attempts(question: EmailMessage, registered: Received, notified: Received, to_oleg: Received) -> dict[str, Attempt]:
    token, foreign = token_of(notified), token_of(to_oleg)
    altered = token[:-2] + ("a" if token[-2] != "a" else "b") + token[-1]
    own, thread = str(question["Message-ID"]), registered.message_id
    altered_thread = re.sub(r"^<t\.(.)", lambda found: f"<t.{'b' if found[1] == 'a' else 'a'}", thread)
    mallory = "Mallory <mallory@evil.test>"

    def from_mallory(subject: str, **fields: str) -> EmailMessage:
        return proven(letter(mallory, "support@desk.test", subject, "Show me everything.", **fields), "evil.test")

    def from_dana(to: str, prove: Callable[[EmailMessage], EmailMessage] = of_dana, **fields: str) -> EmailMessage:
        return prove(letter(DANA, to, fields.pop("Subject", "Re: Printer on fire"), "Give it away.", **fields))

    def below_a_received(mail: EmailMessage) -> EmailMessage:
        """The field was in the mail when the relay took it from somewhere else."""
        raw = (
            b"Received: from client.evil.test ([203.0.113.7]) by mx.relay.test; Sat, 21 Nov 2026 12:00:00 +0000\n"
            + of_dana(mail).as_bytes()
        )
        return message_from_bytes(raw, policy=policy.default)

    by_token = f"r+{token}@desk.test"
    two_authors = from_dana(by_token)
    two_authors.replace_header("From", f"{DANA}, {mallory}")
    disguised = proven(letter('"dana@staff.test" <mallory@evil.test>', by_token, "Re: Printer on fire", "As you were."), "evil.test")
    not_proven = "nothing proves that its author sent it"
    return {
        "a guessed [#N]": Attempt(from_mallory("Re: Printer on fire [#1]"), "support@desk.test", "ticket", 2, "linked to that one"),
        "a guessed [#N] with the client's address, unproven": Attempt(
            letter(ANNA, "support@desk.test", "[#1]", "It is me."), "support@desk.test", "ticket", 3, "linked to that one"
        ),
        "a client's copied Message-ID": Attempt(
            from_mallory("Re: Printer", In_Reply_To=own), "support@desk.test", "stranger_reply", 1, "takes no part"
        ),
        "a client's copied thread token": Attempt(
            from_mallory("Re: Printer", In_Reply_To=thread), "support@desk.test", "stranger_reply", 1, "takes no part"
        ),
        "an altered thread token": Attempt(
            from_mallory("Re: Printer", In_Reply_To=altered_thread), "support@desk.test", "ticket", 4, "no token, id or subject tag"
        ),
        "a genuine agent's token from another address": Attempt(
            proven(letter(mallory, by_token, "Re: Printer", "Give it away."), "evil.test"), by_token, "stranger_reply", 1, "takes no part"
        ),
        "an agent's address as a name": Attempt(disguised, by_token, "stranger_reply", 1, "takes no part"),
        "an altered token": Attempt(from_dana(f"r+{altered}@desk.test"), f"r+{altered}@desk.test", "held", None, "is not genuine"),
        "another agent's token": Attempt(from_dana(f"r+{foreign}@desk.test"), f"r+{foreign}@desk.test", "held", 1, "another agent's"),
        "an agent's From with no token": Attempt(
            from_dana("support@desk.test", In_Reply_To=own), "support@desk.test", "held", 1, "no reply token"
        ),
        "an agent's From with a guessed [#N]": Attempt(
            from_dana("support@desk.test", Subject="Re: Printer on fire [#1]"), "support@desk.test", "held", None, "no reply token"
        ),
        "an agent's From with no proof": Attempt(from_dana(by_token, lambda mail: mail), by_token, "held", 1, not_proven),
        "an agent's From with nothing at all": Attempt(
            letter(DANA, "support@desk.test", "Open this", "Please."),
            "support@desk.test",
            "held",
            None,
            "nothing proves that dana@staff.test wrote it",
        ),
        "proof that another server wrote": Attempt(
            from_dana(by_token, lambda mail: proven(mail, "staff.test", authserv="mx.evil.test")), by_token, "held", 1, not_proven
        ),
        "proof that came with the mail": Attempt(from_dana(by_token, below_a_received), by_token, "held", 1, not_proven),
        "proof of another domain": Attempt(from_dana(by_token, lambda mail: proven(mail, "evil.test")), by_token, "held", 1, not_proven),
        "a domain that disowns it": Attempt(
            from_dana(by_token, lambda mail: proven(mail, "staff.test", "dmarc=fail header.from")), by_token, "held", 1, "fails DMARC"
        ),
        "two authors": Attempt(two_authors, by_token, "held", None, "neither From nor"),
    }


async def test_spf_of_the_agents_domain_is_proof_enough_and_its_absence_is_none(lend: Lender) -> None:
    zone = {("staff.test", "TXT"): ["v=spf1 ip4:127.0.0.1 -all"], ("home.test", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"]}
    async with lend(trust="", zone=zone) as gateway:
        await ask(gateway)
        [notified] = await gateway.letters_to("dana@staff.test")
        refused = await gateway.take(reply_to(notified, "Dana Agent <dana@home.test>", "From another network."))
        assert (refused["state"], refused["outcome"]) == ("held", "held")
        assert "SPF is fail for home.test" in refused["why"]
        [_, told] = await gateway.letters_to("dana@staff.test", 2)
        assert "was held" in told.subject
        taken = await gateway.take(reply_to(notified, DANA, "Water helps."))
        assert (taken["outcome"], taken["ticket"]) == ("agent_reply", 1)
        assert any("SPF passed for staff.test" in each for each in taken["decision"])
        _, answer = await gateway.letters_to("anna@client.test", 2)
        assert "Water helps." in answer.text
        assert "another network" not in answer.text
        opened = await gateway.take(letter(DANA, "sales@desk.test", "Our own lift", "It stops."))
        assert (opened["outcome"], opened["ticket"]) == ("ticket", 2), "who is proven may open a ticket as its requester"
