"""What relays say when they take a letter, as they are known to say it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.remembered import id_key
from gateway.domain.letter import RELAY, Recipient
from gateway.domain.states import OutboxState, RecipientState
from gateway.outbound.announced import LONGEST, MOST, announced_ids
from gateway.outbound.attempt import conclude
from gateway.outbound.retry import Delivered, Policy
from storage import outbox
from storage.outbox import AttemptEnd, Settled
from tests.mail.timing import within_seconds
from tests.outbound.letters import letter, make_ticket, new_letter

Sessions = async_sessionmaker[AsyncSession]

SES = "0100018f3a5b7c2d-1c6f2a90-7d3e-4b1a-9c55-0a1b2c3d4e5f-000000"
IRELAND = "email-smtp.eu-west-1.amazonaws.com"
OWN = "<t.abc.7@desk.test>"


@pytest.mark.parametrize(
    ("reply", "host", "ids"),
    [
        ("250 2.0.0 Ok: queued as 4F1B2C3D4E", "relay.test", ()),
        ("250 2.0.0 Ok: queued on mail-1.yandex.test 1430081058-6ltgNFKSir", "relay.test", ()),
        ("250 2.0.0 OK  1700000000 ffacd0b85a97d-36d2728ab0f.752 - gsmtp", "smtp.gmail.com", ()),
        ("250 Ok: queued as nhIMmON9SFOPcT0ii4nt2A", "smtp.sendgrid.net", ()),
        ("250 Great success", "smtp.mailgun.org", ()),
        (f"250 2.6.0 {OWN} [InternalId=123, Hostname=ex.test] Queued mail for delivery", "ex.test", ()),
        (
            "250 2.0.0 OK <AM0PR01MB1@AM0PR01MB1.eurprd01.prod.outlook.test> [Hostname=AM0PR01MB1.eurprd01.prod.outlook.test]",
            "smtp.office365.com",
            ("AM0PR01MB1@AM0PR01MB1.eurprd01.prod.outlook.test",),
        ),
        ("250 2.0.0 OK: queued as <202603011200.123@smtp-relay.test>", "smtp-relay.test", ("202603011200.123@smtp-relay.test",)),
        ("250 OK id=1abcDE-0001@relay.test.", "relay.test", ("1abcDE-0001@relay.test",)),
        ("250 2.0.0 Message-ID: a.b@relay.test, thanks", "relay.test", ("a.b@relay.test",)),
        (f"250 Ok {SES}", IRELAND, (f"{SES}@email.amazonses.com", f"{SES}@eu-west-1.amazonses.com")),
        (f"250 Ok {SES}", "email-smtp.us-east-1.amazonaws.com", (f"{SES}@email.amazonses.com", f"{SES}@us-east-1.amazonses.com")),
        (
            f"250 Ok {SES}",
            "email-smtp-fips.us-gov-west-1.amazonaws.com",
            (f"{SES}@email.amazonses.com", f"{SES}@us-gov-west-1.amazonses.com"),
        ),
        (
            f"250 Ok {SES}",
            "vpce-0a-1b.email-smtp.eu-west-1.vpce.amazonaws.com",
            (f"{SES}@email.amazonses.com", f"{SES}@eu-west-1.amazonses.com"),
        ),
        (f"250 Ok {SES}", "127.0.0.1", (f"{SES}@email.amazonses.com",)),
        (f"250 Ok {SES}", "email-smtp.eu-west-1.amazonaws.com.evil.test", (f"{SES}@email.amazonses.com",)),
        (f"250 Ok {SES} and more", IRELAND, ()),
        ("250 2.0.0 <client@client.test> Mi1Saved", "relay.test", ()),
        ("250 2.0.0 <CLIENT@client.test> Saved", "relay.test", ()),
        ("250 write to postmaster@relay.test if it does not come", "relay.test", ()),
        ("250 <a@b> <a@b> <c@d> <e@f>", "relay.test", ("a@b", "c@d")),
        (f"250 <{'x' * 300}@relay.test> <b@relay.test>", "relay.test", ("b@relay.test",)),
        ("250 < a@b > <@> <a@> <a b@c>", "relay.test", ()),
        ("250 <ключ@relay.test>", "relay.test", ()),
        ("", "", ()),
    ],
)
def test_an_answer_announces(reply: str, host: str, ids: tuple[str, ...]) -> None:
    assert announced_ids(reply, host, (OWN, "client@client.test", "")) == ids


@given(st.text(max_size=3000), st.text(max_size=300))
def test_whatever_a_relay_says_there_are_few_ids_and_each_is_one(reply: str, host: str) -> None:
    ids = announced_ids(reply, host)
    assert len(ids) <= MOST
    assert all(len(each) <= LONGEST and re.fullmatch(r"[!-;=?-~]+@[!-;=?-~]+", each) for each in ids)


@pytest.mark.parametrize("filler", ["<a", "<a@", "id ", "id=a@", "queued as ", "a@", "<<<@@@", "message id id id "])
def test_no_answer_takes_long_to_read(filler: str) -> None:
    with within_seconds(0.5):
        announced_ids("250 " + filler * 200_000, "relay.test")


@pytest.mark.parametrize(
    ("relay", "ticket", "ids"),
    [
        ("relay.test", 7, ["theirs@relay.test"]),
        ("", 7, []),
        ("relay.test", None, []),
    ],
    ids=["a relay of ours", "a server that we found by MX", "a letter of no ticket"],
)
def test_only_relays_of_ours_are_believed_and_only_of_letters_of_a_ticket(relay: str, ticket: int | None, ids: list[str]) -> None:
    """Whoever has a client's address has its MX too, and could name the id of mail that has nothing to do with the ticket."""
    two = (Recipient(1, "a@x.test", verp="b+1@desk.test"), Recipient(2, "b@x.test", message_id="<own@desk.test>"))
    said = "250 <own@desk.test> <a@x.test> <theirs@relay.test>"
    outcomes = {each.id: Delivered(said, relay) for each in two}
    end = conclude(letter(*two, ticket=ticket), outcomes, "w", elapsed=0.0, jitter=0.5, policy=Policy()).end
    # No more than two of an answer count, known ones or not.
    assert list(end.announced) == [id_key(each) for each in ids]


async def test_announced_ids_are_kept_for_the_ticket_once_and_hinder_nothing(sessions: Sessions) -> None:
    keys = (id_key("one@relay.test"), id_key("two@relay.test"))
    async with sessions.begin() as session:
        ticket = await make_ticket(session)
        with_ticket, without, gone = await outbox.add(session, [new_letter(ticket=ticket), new_letter(), new_letter(ticket=ticket)])
        letters = await outbox.claim(session, "w", [outbox.Share(RELAY, 9, 9, 9)], lease=60.0)
    ends = [
        AttemptEnd(
            letter_id=each.id,
            attempt=each.attempts,
            worker="w" if each.id != gone else "somebody else",
            state=OutboxState.SENT,
            settled=tuple(Settled(one.id, RecipientState.SENT, "250 ok") for one in each.recipients),
            announced=keys,
        )
        for each in letters
    ]
    for counted in ({with_ticket, without}, set()):
        async with sessions.begin() as session:
            assert await outbox.end_attempts(session, ends) == counted
    async with sessions.begin() as session:
        kept = (await session.execute(text("SELECT key, ticket, relation FROM message_ids ORDER BY key"))).all()
        assert [tuple(each) for each in kept] == [(key, ticket, "sent") for key in sorted(keys)]
        await session.execute(text("DELETE FROM tickets"))
    async with sessions.begin() as session:
        await outbox.end_attempts(session, ends)
        assert await session.scalar(text("SELECT count(*) FROM message_ids")) == 0
