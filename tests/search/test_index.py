"""The index follows what is written, loses at once what is taken away, and finds words in any of their forms."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.deeds import tickets
from gateway.deeds.wishes import Wished
from gateway.desk import indexing
from gateway.domain.ticket_lists import TicketFilter, departments_of
from storage import merging, search
from storage.erasure import articles
from storage.erasure import tickets as emptied
from storage.search import Stems
from tests.desk.values import ORGANISATION
from tests.search.opening import Sessions, count, execute, found, indexed, note, numbers, oleg, open_one
from tests.waiting import locks_awaited

FORMS = [
    ("Where are my invoices?", "invoice"),
    ("The printers were broken", '"printer was broken"'),
    ("Пришлите счета за заказ", "счёт заказы"),
    ("Ещё не пришло", "еще пришла"),
    ("Na fakturze jest błąd", "faktura"),
    ("prosze o fakture, nie dziala drukarka", "nie działają drukarki"),
    ("Zamówienie paczki", "zamowien paczkę"),
    ("Order INV-2024-001 of today", "2024-001"),
    ("Order INV-2024-001 of today", '"INV 2024"'),
    ("Kaffee für Jürgen", "jurgen"),
    ("退款申请", "退款"),
    ("unbelievable", "unbel*"),
    ("nothing but this", "nothing -that"),
]


async def test_words_are_found_in_any_of_their_forms(sessions: Sessions) -> None:
    opened = [await open_one(sessions, said, client=f"c{each}@client.test") for each, (said, _) in enumerate(FORMS)]
    await indexed(sessions)
    for number, (said, asked) in zip(opened, FORMS, strict=True):
        assert number in await numbers(sessions, asked), (said, asked)
        others = await numbers(sessions, f"{asked} -c{opened.index(number)}")
        assert number not in others, (said, asked)


ASKED = ["Router", "Kowalskiego", "ewa@firma.test", "firma.test", "secretly", "scan_07.pdf", "Агентов", "#1", "1", "SERIAL-77"]


async def test_a_ticket_is_found_by_subject_client_address_note_file_name_author_and_number(sessions: Sessions) -> None:
    number = await open_one(sessions, "It blinks, SERIAL-77", "Router", "ewa@firma.test", "Ewa Kowalska-Kowalski")
    await open_one(sessions, "Something that has to do with none")
    await note(sessions, number, "Secret between us: done secretly", "scan_07.pdf")
    await indexed(sessions)
    assert [asked for asked in ASKED if (await numbers(sessions, asked))[:1] != [number]] == []


async def test_what_is_asked_for_by_number_comes_first_and_mentions_of_it_after(sessions: Sessions) -> None:
    first = await open_one(sessions, "One")
    second = await open_one(sessions, f"As in #{first}", "Again")
    await indexed(sessions)
    assert await numbers(sessions, f"#{first}") == [first, second]


async def test_a_word_in_the_subject_counts_more_than_one_in_a_text(sessions: Sessions) -> None:
    in_subject = await open_one(sessions, "Nothing more", "Refund")
    in_text = await open_one(sessions, "Where is my refund? It was said to come.", "Money")
    await indexed(sessions)
    assert await numbers(sessions, "refunds") == [in_subject, in_text]


async def test_words_that_every_text_has_are_said_to_be_common(sessions: Sessions) -> None:
    await open_one(sessions, "the and of")
    await indexed(sessions)
    assert (await found(sessions, "the")).common
    assert not (await found(sessions, "thermostat")).common


async def test_what_is_written_later_is_found_after_the_next_reading(sessions: Sessions) -> None:
    number = await open_one(sessions)
    assert await indexed(sessions) > 0
    assert await indexed(sessions) == 0
    await note(sessions, number, "Chrysanthemum")
    assert await numbers(sessions, "chrysanthemum") == []
    await indexed(sessions)
    assert await numbers(sessions, "chrysanthemum") == [number]
    assert await count(sessions, "search_due") == 0


@pytest.mark.parametrize(
    "taken",
    [
        "UPDATE articles SET text = 'gone' WHERE ticket = 1",
        "UPDATE articles SET author_name = '', author_address = NULL WHERE ticket = 1",
        "UPDATE tickets SET subject = 'gone' WHERE number = 1",
        "UPDATE clients SET name = 'gone'",
        "UPDATE client_addresses SET address = 'gone@client.test'",
        "DELETE FROM client_addresses",
        "DELETE FROM attachments",
        "DELETE FROM articles WHERE ticket = 1",
        "DELETE FROM tickets WHERE number = 1",
    ],
)
async def test_words_that_are_taken_away_are_gone_from_the_index_in_the_same_transaction(sessions: Sessions, taken: str) -> None:
    await open_one(sessions, "Chrysanthemum")
    await note(sessions, 1, "With a file", "private.txt")
    await indexed(sessions)
    assert await numbers(sessions, "chrysanthemum") == [1]
    await execute(sessions, "DELETE FROM outbox_messages")
    await execute(sessions, taken)
    assert await count(sessions, "ticket_search") == 0
    await indexed(sessions)
    assert await count(sessions, "search_due") == 0


async def test_erasing_empties_the_index_before_its_transaction_ends(sessions: Sessions) -> None:
    one = await open_one(sessions, "Chrysanthemum")
    other = await open_one(sessions, "Chrysanthemum too", "Two")
    await indexed(sessions)
    async with sessions.begin() as session:
        await emptied.empty(session, [one], "erased", {"erasure": 1})
        ids = list((await session.execute(text("SELECT id FROM articles WHERE ticket = :n"), {"n": other})).scalars())
        await articles.blank(session, ids, "(erased)")
        assert await session.scalar(text("SELECT count(*) FROM ticket_search")) == 0
    await indexed(sessions)
    assert await numbers(sessions, "chrysanthemum") == []
    assert sorted(await numbers(sessions, "anna@client.test")) == [one, other]


async def test_nothing_that_was_read_before_it_went_is_written_after(sessions: Sessions, engine: AsyncEngine) -> None:
    await open_one(sessions, "Chrysanthemum")
    async with sessions.begin() as reading:
        assert await indexing.index_some(reading, Stems()) == 1
        going = asyncio.create_task(execute(sessions, "UPDATE articles SET text = 'gone'"))
        # It waits for the reader, who has the words in hand.
        await locks_awaited(engine)
    await going
    assert await count(sessions, "ticket_search") == 0
    async with sessions.begin() as taking:
        await taking.execute(text("UPDATE articles SET text = 'gone again'"))
        async with sessions.begin() as reading:
            # And while somebody takes words away, nobody reads.
            assert await search.take_due(reading, 10) == []
    assert await indexed(sessions) > 0


async def test_two_that_read_at_once_do_not_read_the_same(sessions: Sessions) -> None:
    await open_one(sessions)
    async with sessions.begin() as one, sessions.begin() as other:
        assert await search.take_due(one, 10) == [1]
        assert await search.take_due(other, 10) == []


async def test_a_merged_ticket_is_found_as_the_one_that_lives_on_by_its_words_and_its_number(sessions: Sessions) -> None:
    source, target = await open_one(sessions, "Chrysanthemum"), await open_one(sessions, "Tulip", "Flowers")
    await indexed(sessions)
    async with sessions.begin() as session:
        await merging.merge_tickets(session, source, target)
    await indexed(sessions)
    assert await numbers(sessions, "chrysanthemum tulip") == [target]
    assert await numbers(sessions, f"#{source}") == [target]


async def test_a_client_of_many_tickets_is_found_by_a_new_name_and_address(sessions: Sessions) -> None:
    both = [await open_one(sessions, "One"), await open_one(sessions, "Two", "Second")]
    await indexed(sessions)
    await execute(sessions, "UPDATE clients SET name = 'Zofia Nowa'")
    await execute(sessions, "INSERT INTO client_addresses (key, address, client_id) SELECT 'z@new.test', 'z@new.test', id FROM clients")
    await indexed(sessions)
    assert sorted(await numbers(sessions, "Zofii")) == both
    assert sorted(await numbers(sessions, "z@new.test")) == both


async def test_the_longest_ticket_is_taken_by_postgresql(sessions: Sessions) -> None:
    words = " ".join(f"{'очень' * 8}{each}" for each in range(8_000))
    number = await open_one(sessions, "Chrysanthemum " + words)
    for each in range(3):
        await note(sessions, number, f"{each} {words}")
    await indexed(sessions)
    assert await numbers(sessions, "Printer") == [number]


async def test_while_mail_waits_a_little_is_read_and_no_more(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BUSY", 1)
    for each in range(3):
        await open_one(sessions, f"Number {each}", f"Subject {each}")
    await execute(
        sessions,
        "INSERT INTO inbound_messages (reverse_path, recipients, entry, peer, size, redelivery_key, trace_id) "
        "VALUES ('', '{}', 'smtp', '{}', 1, 'x', 'x')",
    )
    before = await count(sessions, "search_due")
    async with sessions.begin() as session:
        assert await indexing.index_some(session, Stems(), 2) > 0
    assert 0 < await count(sessions, "search_due") < before
    monkeypatch.setattr(indexing.index_some, "__defaults__", (2,))
    await indexed(sessions)
    assert await count(sessions, "search_due") > 0


async def test_a_search_stays_within_the_departments_of_whoever_asks(sessions: Sessions) -> None:
    ours = await open_one(sessions, "Chrysanthemum")
    theirs = await open_one(sessions, "Chrysanthemum", gateway="sales@desk.test")
    await indexed(sessions)
    for departments, seen in ((("support",), [ours]), (("sales",), [theirs]), ((), []), (("support", "sales"), [theirs, ours])):
        asked = TicketFilter(seen=departments_of(departments, ORGANISATION))
        assert await numbers(sessions, "chrysanthemum", asked) == seen
        assert await numbers(sessions, f"#{theirs}", asked) == [each for each in seen if each == theirs]


async def test_a_subject_set_anew_is_found_and_the_old_one_is_not(sessions: Sessions) -> None:
    number = await open_one(sessions)
    await indexed(sessions)
    async with sessions.begin() as session:
        await tickets.set_fields(session, oleg("set"), number, Wished(subject="Toaster"))
    await indexed(sessions)
    assert await numbers(sessions, "toasters") == [number]
    assert await numbers(sessions, "printer") == []
