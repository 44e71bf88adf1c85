"""A ticket's thread in words, and a mail's HTML for its frame."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.console.mail_frame import content_key, has_remote_images, shown
from gateway.console.ticket_page import size_of
from gateway.console.ticket_thread import newest_words, thread_of
from gateway.console.words import LANGUAGES, words_of
from gateway.domain.states import EventKind
from gateway.mail.html import sanitise
from tests.desk.values import ORGANISATION

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def article(id: int, minute: int = 0, **changes: Any) -> dict[str, Any]:
    author = {"role": "client", "name": "Anna", "address": "anna@client.test"}
    plain = {"id": id, "kind": "client_message", "private": False, "html": None, "author": author, "created_at": at(minute)}
    return plain | changes


def event(kind: str, minute: int = 0, **data: Any) -> dict[str, Any]:
    return {"kind": kind, "actor": "dana@staff.test", "data": data, "at": at(minute)}


def changed(kind: str, before: str | None, after: str | None) -> dict[str, Any]:
    return event(kind) | {"data": {"from": before, "to": after}}


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def ticket(*articles: dict[str, Any], events: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"articles": list(articles), "events": list(events)}


def test_what_happened_stands_between_what_was_written_and_of_one_moment_after_it() -> None:
    events = (event("created"), changed("status_changed", "new", "open") | {"at": at(1)}, event("replied", 1), event("tagged", 5))
    note = article(3, 2, kind="note", private=True, author={"role": "agent", "name": "Dana", "address": "dana@staff.test"})
    thread = thread_of(ticket(article(1), article(2, 1), note, events=events), words_of("en"), ORGANISATION)
    assert [each.anchor if each.article else [one.what for one in each.events] for each in thread] == [
        "a1", ["Opened"], "a2", ["Status"], "a3", ["Tags"],
    ]  # fmt: skip
    assert [each.look for each in thread if each.article] == ["client_message", "client_message", "note"]
    assert thread[4].author == "Dana Agent", "as the configuration calls the agent"


def test_many_events_in_a_row_are_folded() -> None:
    four, five = (tuple(event("tagged", n) for n in range(number)) for number in (4, 5))
    assert [thread_of(ticket(events=each), words_of("en"), ORGANISATION)[0].folded for each in (four, five)] == [False, True]


@pytest.mark.parametrize(
    ("happened", "detail"),
    [
        (changed("status_changed", "new", "open"), "новое → открыто"),
        (changed("assigned", None, "dana@staff.test"), "— → Dana Agent"),
        (changed("assigned", "gone@staff.test", None), "gone@staff.test → —"),
        (changed("department_changed", "support", "sales"), "Support → Продажи"),
        (changed("subject_changed", "A", "open"), "A → open"),
        (event("tagged", added=["a"], removed=["b", "c"]), "+ a, − b, − c"),
        (event("merged", into=5), "→ #5"),
        (event("rule_applied", rule="VIP", why="author", did=["tag a", "tag b"]), "VIP, author, tag a, tag b"),
        (event("bounced", outbox=7, address="a@b.test", said={"code": 550}), "a@b.test, code: 550"),
        (event("held", auth={"spf": "fail"}, why="no token"), "no token"),
    ],
)
def test_each_event_is_told_with_what_changed(happened: dict[str, Any], detail: str) -> None:
    [piece] = thread_of(ticket(events=(happened,)), words_of("ru"), ORGANISATION)
    assert piece.events[0].detail == detail


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_event_has_a_name(language: Any) -> None:
    words = words_of(language)
    assert [each for each in EventKind if words.of("ticket_event", each) == each] == []


def test_answers_are_written_upon_what_client_and_agents_said_to_each_other() -> None:
    assert newest_words(ticket()) == 0
    assert newest_words(ticket(article(4), article(9, kind="agent_reply"), article(12, kind="note"), article(30, kind="notice"))) == 9


PARTS = {content_key("Logo@x"): "../attachment/t/image", content_key("a b@x"): "B"}


@pytest.mark.parametrize(
    ("html", "images", "seen"),
    [
        ('<img src="cid:Logo@x" alt="l">', False, '<img src="../attachment/t/image" alt="l">'),
        ('<img src="cid:logo@X">', False, '<img src="../attachment/t/image">'),
        ('<img src="cid:a%20b@x">', False, '<img src="B">'),
        ('<img src="cid:other@x" alt="o">', False, '<img alt="o">'),
        ('<img src="http://spy.test/p">', False, '<img class="remote-image" data-src="http://spy.test/p">'),
        ('<img src="http://spy.test/p">', True, '<img class="remote-image" src="http://spy.test/p">'),
        ('<p title="<img class=remote-image data-src=x">', True, '<p title="&lt;img class=remote-image data-src=x"></p>'),
    ],
)
def test_pictures_are_the_mails_own_or_wait_to_be_asked_for(html: str, images: bool, seen: str) -> None:
    kept = sanitise(html)
    assert shown(kept, PARTS, images=images) == seen
    assert has_remote_images(kept) == ("http://spy.test" in html)


@pytest.mark.parametrize(("octets", "said"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (150_400, "150 kB"), (2_340_000, "2.3 MB")])
def test_sizes_are_told_as_people_say_them(octets: int, said: str) -> None:
    assert size_of(octets, words_of("en")) == said
