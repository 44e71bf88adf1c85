"""Simulations by fake time: whatever answers our letters, the mail that we send stays within the budgets, and the tickets say why (X6)."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import async_sessionmaker

from gateway.domain.notifications import Notification
from gateway.domain.organisation import Budget
from gateway.domain.states import LetterKind
from storage import engine as storage_engine
from tests.conftest import fresh_database
from tests.desk.storming import DAY, HOUR, House, Mail, Relay, World, neighbour, renamed, serials, stripped, written
from tests.desk.test_process import Sessions
from tests.desk.values import ORGANISATION

HOURLY, DAILY = Budget().per_address_hour, Budget().per_ticket_day
ANSWERS_ALL = (Notification(LetterKind.CLIENT_REPLY, ("client",)),)
"""The most talkative desk: each reply of a client is confirmed as well."""


@pytest_asyncio.fixture
async def other_sessions(server_url: str, template: str) -> AsyncIterator[Sessions]:
    async with fresh_database(server_url, template) as url:
        engine = storage_engine.connect(url, pool_size=2)
        yield async_sessionmaker(engine, expire_on_commit=False)
        await engine.dispose()


@pytest.mark.parametrize(
    ("relay", "most_a_day"),
    [(lambda mail: mail, 2 * 24), (stripped, 2 * 24 * HOURLY), (renamed, 2 * 24 * HOURLY)],
    ids=["with headers", "stripped", "stripped and renamed"],
)
async def test_two_desks_that_answer_each_other(relay: Relay, most_a_day: int, sessions: Sessions, other_sessions: Sessions) -> None:
    """Somebody forges mail of each to the other, once an hour for six hours."""
    one = House(sessions, replace(ORGANISATION, notifications=ANSWERS_ALL))
    other = House(
        other_sessions, replace(neighbour("other.test", b"the other desk's own secret"), notifications=ANSWERS_ALL), "198.51.100.1"
    )
    world = World({one.domain: one, other.domain: other}, relay)
    hours = 6
    await world.run(hours * HOUR, [written(other.address, one.address, "Invoice", "Please pay.")])
    assert 0 < world.total() <= most_a_day * hours // 24
    assert world.most_an_hour() <= HOURLY
    silences = await one.silences() + await other.silences()
    assert silences.total() >= hours, "each time somebody fell silent, and the ticket says why"
    assert await one.rows("SELECT count(*) FROM automatic_letters") == [(sum(1 for _, author, _ in world.sent if author == one.address),)]


VACATION = {
    "en": ("Away until Monday", "I am away."),
    "ru": ("Меня нет на месте", "Вернусь в понедельник."),
    "pl": ("Jestem na urlopie", "Wracam w poniedziałek."),
    "fi": ("Lomalla ollaan", "Palaan maanantaina."),
    "ja": ("休んでおります", "月曜日に戻ります。"),
}


@pytest.mark.parametrize("language", VACATION)
@pytest.mark.parametrize("threaded", [True, False], ids=["in the thread", "out of the thread"])
async def test_a_vacation_responder_without_any_header(language: str, threaded: bool, sessions: Sessions) -> None:
    house = House(sessions, replace(ORGANISATION, notifications=ANSWERS_ALL))
    subject, words = VACATION[language]

    def answering(mail: Mail) -> Iterable[Mail]:
        thread = {"In_Reply_To": str(mail.read["Message-ID"]), "References": str(mail.read["Message-ID"])} if threaded else {}
        yield written(mail.recipient, house.address, f"{subject} {next(serials)}", f"{words} {next(serials)}", **thread)

    world = World({house.domain: house}, answering=answering)
    await world.run(DAY, [written("anna@client.test", house.address, "Printer", "It burns.")], every=3 * DAY, step=13)
    answered = await house.rows("SELECT ticket, count(*) FROM automatic_letters GROUP BY ticket")
    assert 1 < world.total() <= 24 * HOURLY
    assert world.most_an_hour() <= HOURLY
    assert all(int(str(number)) <= DAILY for _, number in answered)
    if threaded:
        assert world.total() == DAILY
        assert await house.silences() == {f"the day's budget of {DAILY} automatic letters for one ticket is spent": 1}


async def test_a_responder_that_answers_at_once_and_never_gives_up(sessions: Sessions) -> None:
    """Also when it hears nothing from us, it writes a dozen times an hour."""
    house = House(sessions)
    responder = [written("robot@client.test", house.address, f"Ticket received {number}", "Thank you.") for number in range(12)]
    world = World({house.domain: house})
    await world.run(4 * HOUR, responder)
    assert world.total() == 4 * HOURLY
    assert world.most_an_hour() == HOURLY
    assert await house.silences() == {f"the hour's budget of {HOURLY} automatic letters for this address is spent": 4 * (12 - HOURLY)}


async def test_a_relay_that_bounces_in_words_of_its_own_under_a_reverse_path(sessions: Sessions) -> None:
    house = House(sessions)

    def answering(mail: Mail) -> Iterable[Mail]:
        told = f"Hello,\n\nwe could not hand your mail to {mail.recipient}.\nIts mailbox is closed. Case {next(serials)}.\n"
        yield written("Mail team <team@down.test>", house.address, f"Your mail {next(serials)}", told)

    world = World({house.domain: house}, answering=answering)
    await world.run(5 * HOUR, [written("gone@down.test", house.address, "Help", "It does not work.")])
    assert 5 < world.total() <= 5 * 2 * HOURLY
    assert world.most_an_hour() <= HOURLY


async def test_mail_of_a_list_is_answered_to_nobody(sessions: Sessions) -> None:
    house = House(sessions)
    posts = [
        written(f"member{number}@client{number}.test", house.address, f"[list] Topic {number}", "Hello all.", List_Id="<list.lists.test>")
        for number in range(20)
    ]
    world = World({house.domain: house})
    await world.run(HOUR, posts)
    assert world.total() == 0
    assert await house.silences() == {"it came by a mailing list": 20}


@pytest.mark.parametrize("relay", [lambda mail: mail, renamed], ids=["as they are", "renamed"])
async def test_a_list_that_sends_our_answers_back_to_us_in_its_own_name(relay: Relay, sessions: Sessions) -> None:
    """An unmarked one, to which our own gateway is subscribed."""
    house = House(sessions, replace(ORGANISATION, notifications=ANSWERS_ALL))

    def answering(mail: Mail) -> Iterable[Mail]:
        yield written("Staff via all <all@lists.test>", house.address, f"[all] {mail.subject}", mail.words)

    world = World({house.domain: house}, relay, answering)
    await world.run(4 * HOUR, [written("all@lists.test", house.address, "Meeting", "On Monday.")])
    assert 4 <= world.total() <= 4 * HOURLY
    assert world.most_an_hour() <= HOURLY


async def test_our_own_letter_that_a_list_sends_back_as_it_is(sessions: Sessions) -> None:
    house = House(sessions)
    await house.receive(written("anna@client.test", house.address, "Printer", "It burns."))
    [letter] = await house.letters_out()
    back = replace(letter, recipient=house.address, reverse_path="bounces@lists.test")
    assert await house.receive(back) == "ignored"
    assert await house.receive(renamed(back)) == "ignored", "From is an address of ours"
    assert await house.letters_out() == []
