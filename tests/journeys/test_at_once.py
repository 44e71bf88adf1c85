"""What several processes decide at the same moment is decided once (promise 2)."""

import asyncio
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter

ROUNDS = 20
Pair = list[tuple[EmailMessage, str]]
Maker = Callable[[int], Pair]


def an_answer_and_its_question(number: int) -> Pair:
    """Both come at once, in whichever order: one names the other's id."""
    question = letter(f"ann{number}@client.test", f"bob{number}@client.test", f"Pair {number}", "Is it wet?", Cc="support@desk.test")
    answer = letter(
        f"bob{number}@client.test", f"ann{number}@client.test", f"Re: Pair {number}", "Very.",
        Cc="support@desk.test", answers=str(question["Message-ID"]),
    )  # fmt: skip
    return [(question, "support@desk.test"), (answer, "support@desk.test")]


def siblings_of_a_mail_that_never_came(number: int) -> Pair:
    pair = an_answer_and_its_question(number)
    for mail, _ in pair:
        del mail["References"]
        mail["References"] = f"<lost.{number}@client.test>"
        del mail["In-Reply-To"]
    return pair


def one_mail_to_two_gateways(number: int) -> Pair:
    """As a server with two recipients in two queues delivers it."""
    mail = letter(f"ann{number}@client.test", "support@desk.test, sales@desk.test", f"Pair {number}")
    return [(mail, "support@desk.test"), (mail, "sales@desk.test")]


def one_hidden_mail_to_two_gateways(number: int) -> Pair:
    """Only the envelopes name the gateways."""
    mail = letter(f"ann{number}@client.test", "undisclosed@client.test", f"Pair {number}")
    return [(mail, "support@desk.test"), (mail, "sales@desk.test")]


def one_mail_twice(number: int) -> Pair:
    """As a server that did not hear our 250 sends it again."""
    mail = letter(f"ann{number}@client.test", "support@desk.test", f"Pair {number}")
    return [(mail, "support@desk.test")] * 2


@pytest.mark.parametrize("make", [an_answer_and_its_question, siblings_of_a_mail_that_never_came])
async def test_two_mails_of_one_conversation_at_once_become_one_ticket(make: Maker, lend: Lender) -> None:
    async with lend(server="processes = 2", tables="[budget]\nper_author_domain_hour = 1000") as gateway:
        pairs = [make(number) for number in range(ROUNDS)]
        rows = await sent_at_once(gateway, pairs)
        assert Counter(row["state"] for row in rows) == {"done": 2 * ROUNDS}
        assert Counter(row["outcome"] for row in rows) == {"ticket": ROUNDS, "stranger_reply": ROUNDS}
        await each_pair_has_one_ticket(gateway, rows)
        articles = await gateway.rows("SELECT count(*) AS n FROM articles GROUP BY ticket")
        assert [row["n"] for row in articles] == [2] * ROUNDS
        await gateway.quiet()
        assert await letters(gateway) == {"registered": ROUNDS, "new_ticket": 2 * ROUNDS, "client_reply": 2 * ROUNDS}


@pytest.mark.parametrize("make", [one_mail_to_two_gateways, one_hidden_mail_to_two_gateways, one_mail_twice])
async def test_one_mail_that_comes_twice_at_once_becomes_one_ticket_and_is_answered_once(make: Maker, lend: Lender) -> None:
    async with lend(server="processes = 2", tables="[budget]\nper_author_domain_hour = 1000") as gateway:
        rows = await sent_at_once(gateway, [make(number) for number in range(ROUNDS)])
        assert Counter(row["outcome"] for row in rows) == {"ticket": ROUNDS, "duplicate": ROUNDS}
        await each_pair_has_one_ticket(gateway, rows)
        assert len(await gateway.rows("SELECT id FROM articles")) == ROUNDS
        also = await gateway.rows("SELECT ticket, data FROM ticket_events WHERE kind = 'also_addressed'")
        assert len(also) == (0 if make is one_mail_twice else ROUNDS), "the other address is remembered, once"
        await gateway.quiet()
        sent = await letters(gateway)
        assert sent["registered"] == ROUNDS
        assert Counter(each.recipients for each in gateway.relay.messages if each.recipients[0].startswith("ann")) == {
            (f"ann{number}@client.test",): 1 for number in range(ROUNDS)
        }
        tickets = Counter(each.message["X-Deskgate-Ticket"] for each in gateway.relay.to("dana@staff.test"))
        assert set(tickets.values()) == {1}, "staff are told once of each"


async def sent_at_once(gateway: Running, pairs: list[Pair]) -> list[dict[str, object]]:
    """Five pairs at a time, the two of a pair on two connections."""
    for start in range(0, len(pairs), 5):
        together = [one for pair in pairs[start : start + 5] for one in pair]
        await asyncio.gather(*(gateway.send(mail, recipient, reverse_path=str(mail["From"])) for mail, recipient in together))
    rows = await gateway.settled(sum(map(len, pairs)), seconds=60)
    decided = " ".join(line for line in gateway.process.log if "event=decided" in line)
    assert "process=intake-0" in decided, "both processes took part"
    assert "process=intake-1" in decided, "both processes took part"
    return rows


async def each_pair_has_one_ticket(gateway: Running, rows: list[dict[str, object]]) -> None:
    by_pair: dict[str, set[object]] = {}
    for row in rows:
        by_pair.setdefault(str(row["subject"]).removeprefix("Re: "), set()).add(row["ticket"])
    assert {subject: len(tickets) for subject, tickets in by_pair.items()} == {f"Pair {number}": 1 for number in range(ROUNDS)}
    assert len(await gateway.rows("SELECT number FROM tickets")) == ROUNDS


async def letters(gateway: Running) -> Counter[str]:
    """How many of each kind were made; each was sent."""
    rows = await gateway.rows("SELECT kind, state FROM outbox_messages")
    assert {row["state"] for row in rows} == {"sent"}
    return Counter(row["kind"] for row in rows)
