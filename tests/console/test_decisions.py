"""Recorded steps and reasons in the reader's language: none forgotten, all with the same names, whatever somebody wrote into them."""

import ast
import re
import string
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.console.decisions import LONGEST, Sentence, Told, in_words, sentences
from gateway.console.ticket_thread import detail_of
from gateway.console.words import LANGUAGES, words_of
from gateway.desk.explanation import in_words as step_in_words
from gateway.domain.decision import Decision
from gateway.domain.language import Language
from gateway.domain.states import Status
from gateway.domain.steps import SetCategory, SetStatus
from tests.console.site import console_site
from tests.desk.deciding import DISOWNED, decided, from_dana
from tests.desk.office import Office
from tests.desk.office import written as written_mail
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, box, mail

Sessions = async_sessionmaker[AsyncSession]
HOLDING = replace(ORGANISATION, desk=replace(ORGANISATION.desk, unknown_clients="hold"))

ROOT = Path(__file__).parents[2]
OTHERS: tuple[Language, ...] = ("ru", "pl")
SPEAK = (
    *(f"desk/{each}.py" for each in (
        "assigned", "authority",
        "budget", "carry_out", "case", "decide", "explanation", "from_agents", "from_clients", "gather", "identify",
        "on_tickets", "opening", "process", "reported", "reports", "return_path", "route", "ruling", "suppose", "suppress", "suppressing",
        "thread", "forwarding/decision",
    )),
    "mail/kind.py", "auth/arc.py", "auth/dkim.py", "auth/keys.py", "auth/verdict.py", "auth/written.py", "workers/intake.py",
    "deeds/explaining.py", "outbound/retry.py",
)  # fmt: skip
"""Modules whose sentences become steps and reasons of decisions."""
UNSAID = {
    "an unverified", "a private", "this address", "the author's domain", "the peer's network", "all addresses together",
    "adds x7 article (x7)x7", "sends no automatic letters to x7 x7", "it is our probe x7, x7: nothing changes",
    "a x7 that changes nothing: x7", "a x7 that names no letter of ours",
    "a x7 to a return address whose token belongs to no letter of ours: it is forged, or the letter is gone",
    "a report of the kind x7 about x7, which is no complaint", "a complaint about x7, as is known already", "a complaint about x7 to x7",
    "x7 has arrived or was passed on, as far as the report goes", "x7 came back, as is known already: x7",
}  # fmt: skip
"""Pieces, and sentences made of pieces: the tables below try them whole."""
ELSEWHERE = ("mail to agents comes back",)
"""What other pages and the command line say, and no decision."""


def written(module: str) -> Iterator[str]:
    """Each sentence of the source, with something in the place of what is put in."""
    tree = ast.parse((ROOT / "gateway" / module).read_text("utf-8"))
    inner = {id(each) for f in ast.walk(tree) if isinstance(f, ast.JoinedStr) for each in ast.walk(f) if each is not f}
    inner |= {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in inner:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "x7" for each in node.values)


def is_sentence(text: str) -> bool:
    words = re.findall(r"[a-z]{2,}", text.replace("x7", ""))
    return len(words) >= 2 and " " in text.strip() and re.search(r"[\\|^$*\[]|: x7$|^[ ,;]", text.replace("[#", "")) is None


def known(text: str) -> bool:
    """By a sentence of its own, not by a part."""
    return any(each.values(text.encode()) is not None for each in sentences())


@pytest.mark.parametrize("module", SPEAK)
def test_no_sentence_of_a_decision_is_forgotten(module: str) -> None:
    found = [each for each in written(module) if is_sentence(each)]
    missing = [each for each in found if each not in UNSAID and not each.startswith(ELSEWHERE) and not known(each)]
    assert missing == []


@pytest.mark.parametrize(
    ("english", "russian", "polish"),
    [
        (
            "it is read as message: nothing about it says otherwise",
            "распознано как обычное письмо: ничто в нём не указывает на иное",
            "rozpoznana jako zwykła wiadomość: nic w niej nie wskazuje na co innego",
        ),
        (
            "held for a person: anna@client.test is not a known client (desk.unknown_clients)",
            "ждёт человека: anna@client.test нет среди известных клиентов (desk.unknown_clients)",
            "czeka na człowieka: anna@client.test nie jest znanym klientem (desk.unknown_clients)",
        ),
        (
            "no token, id or subject tag of it belongs to a ticket",
            "ни токен, ни идентификатор, ни метка в теме не указывают на заявку",
            "żaden token, identyfikator ani znacznik w temacie nie wskazuje na zgłoszenie",
        ),
        ("sets the status to closed", "меняет статус на «закрыто»", "zmienia status na „zamknięte”"),
        (
            "nothing authenticates the author's client.test: SPF is none for client.test; no DKIM signature was verified",
            "ничто не подтверждает домен автора client.test: SPF: none для client.test; ни одна подпись DKIM не подтверждена",
            "nic nie potwierdza domeny autora client.test: SPF: none dla client.test; nie potwierdzono żadnego podpisu DKIM",
        ),
        (
            "it claims to be from d@s.test, but it fails DMARC: DMARC of s.test fails; nothing was checked",
            "названный автор — d@s.test, однако проверка DMARC не пройдена: проверка DMARC для s.test не пройдена; ничего не проверялось",
            "podaje się za wiadomość od d@s.test, ale nie przechodzi DMARC: DMARC domeny s.test nie przechodzi; niczego nie sprawdzono",
        ),
        (
            "From names the client: anna@client.test",
            "клиент назван в поле From: anna@client.test",
            "klienta wymienia pole From: anna@client.test",
        ),
        (
            "no gateway address stands in To, the envelope",
            "ни в одном из полей нет адреса приёма: To, конверт",
            "żadne z pól nie zawiera naszego adresu: To, koperta",
        ),
        (
            "our letter 5 to anna@client.test came back: 5.1.1 no such user; try again",
            "наше письмо 5 для anna@client.test вернулось: 5.1.1 no such user; try again",
            "nasz list 5 do anna@client.test wrócił: 5.1.1 no such user; try again",
        ),
        (
            "no letter about client reply to a@b.test: the day's budget of 20 automatic letters for one ticket is spent",
            "без письма «ответ клиента» для a@b.test: суточный лимит автоматических писем на одну заявку исчерпан (20)",
            "bez listu „odpowiedź klienta” do a@b.test: dzienny limit automatycznych listów na jedno zgłoszenie jest wyczerpany (20)",
        ),
        (
            "our letter 5 to a@b.test is late: busy; our letter 6 to c@d.test is late: full",
            "наше письмо 5 для a@b.test задерживается: busy; наше письмо 6 для c@d.test задерживается: full",
            "nasz list 5 do a@b.test opóźnia się: busy; nasz list 6 do c@d.test opóźnia się: full",
        ),
        ("not obeyed: @tags (missing value)", "не выполнено: @tags (нет значения)", "nie wykonano: @tags (brak wartości)"),
        (
            "given up after 3 days; the last attempt: mx.test:25: no answer within 30 s",
            "попытки прекращены (прошло дней: 3); последняя попытка: mx.test:25: нет ответа за 30 с",
            "zaniechano prób (minęło dni: 3); ostatnia próba: mx.test:25: brak odpowiedzi w ciągu 30 s",
        ),
    ],
)
def test_a_reason_reads_in_every_language(english: str, russian: str, polish: str) -> None:
    assert in_words(english, "ru") == Told(russian, "ru")
    assert in_words(english, "pl") == Told(polish, "pl")
    assert in_words(english, "en") == Told(english, "en")


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(
    "whole",
    [
        *(f"adds {what} article (note){files}" for what in ("an", "a private", "an unverified") for files in ("", " with 2 attachment(s)")),
        "sends no automatic letters to a@b.test any more",
        "sends no automatic letters to a@b.test for 30 days",
        "it is our probe 3, which came in before: nothing changes",
        "it is our probe 3, of which nothing is known here: nothing changes",
        *(f"a {what} that changes nothing: it is private" for what in ("complaint", "delivery report")),
        *(f"a {what} that names no letter of ours" for what in ("complaint", "delivery report")),
        *(
            f"a {what} to a return address whose token belongs to no letter of ours: it is forged, or the letter is gone"
            for what in ("complaint", "delivery report")
        ),
        "a report of the kind 'not-spam' about our letter 3, which is no complaint",
        "a complaint about our letter 3, as is known already",
        "a complaint about our letter 3 to a@b.test",
        "our letter 3 to a@b.test has arrived or was passed on, as far as the report goes",
        "our letter 3 to a@b.test came back, as is known already: 550 no",
        *(
            f"the hour's budget of 9 automatic letters for {what} is spent"
            for what in ("this address", "the author's domain", "the peer's network", "all addresses together")
        ),
    ],
)
def test_sentences_made_of_pieces_are_known_whole(whole: str, language: Language) -> None:
    told = in_words(whole, language)
    assert told.language == language
    assert not re.search(r"\b(the|that|letters|article|complaint|private|changes)\b", told.text), told


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(
    "decision",
    [
        decided(mail()),
        decided(mail(), ALIGNED),
        decided(mail(subject="Re: [#7]"), ALIGNED),
        decided(mail(""), ALIGNED),
        decided(mail(kind="auto_reply", reason="its reverse-path is null"), NOTHING, reverse_path=""),
        decided(mail(to=(box("nobody@elsewhere.test"),))),
        decided(mail(to=(box("old@desk.test"),))),
        decided(mail(author=box("support@desk.test"))),
        decided(mail(author=box("support@desk.test"), reply_to=(box("anna@client.test"),))),
        decided(mail(author=None), reverse_path=""),
        decided(from_dana(), DISOWNED),
        decided(from_dana(), ALIGNED),
        decided(from_dana("Done.\n\n@status closed\n@tags"), ALIGNED),
        decided(mail(kind="bounce", reason="it carries a delivery status (RFC 3464)")),
    ],
    ids=lambda each: each.outcome,
)
def test_every_step_of_a_decision_is_told(decision: Decision, language: Language) -> None:
    """Of reasons that the tests' values made up, such as a verdict's, nothing is known."""
    made_up = {"it is read as message: a person wrote it"}
    lines = [*decision.reasons, *(line for step in decision.steps for line in step_in_words(step))]
    assert [each for each in lines if each not in made_up and not known(each)] == []
    assert all(in_words(each, language).text != each for each in lines)


def test_values_of_ours_have_the_consoles_words() -> None:
    for status in Status:
        [line] = step_in_words(SetStatus(status))
        assert status not in in_words(line, "ru").text
    [line] = step_in_words(SetCategory("it is private; the status is closed"))
    assert in_words(line, "pl").text == "zmienia kategorię na 'it is private; the status is closed'", "what people wrote stays"


@pytest.mark.parametrize("each", sentences(), ids=lambda each: each.texts["en"][:60])
def test_every_language_has_the_sentence_with_the_same_names(each: Sentence) -> None:
    texts = each.texts
    assert sorted(texts) == sorted(LANGUAGES)
    named = {
        language: sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None) for language, text in texts.items()
    }
    assert named["ru"] == named["pl"] == named["en"]
    assert all(text == text.strip() and text for text in texts.values())
    assert "".join(literal for literal, *_ in string.Formatter().parse(texts["en"])).strip(), "it would be said of anything"


def test_no_sentence_stands_twice() -> None:
    found = [each.texts["en"] for each in sentences()]
    assert len(found) == len(set(found)) > 200


@pytest.mark.parametrize(
    "hostile",
    [
        "held for a person: " * 200,
        "; " * 2_000,
        "a: " * 1_300,
        "warning: " * 440 + "; it is private" * 20,
        'rule "' * 600,
        "x" * (LONGEST + 1),
        "\ud800 it is \0 {why} {0.__class__} %s",
        "held for a person: {address.__class__} is not a known client (desk.unknown_clients)",
        "",
    ],
)
def test_hostile_text_is_told_quickly_and_as_it_is(hostile: str) -> None:
    sentences()  # read and compiled once
    began = time.process_time()
    for language in LANGUAGES:
        assert in_words(hostile, language).language in ("en", language)
    assert time.process_time() - began < 2
    assert in_words("held for a person: {0.x}", "ru").text == "ждёт человека: {0.x}"


@pytest.mark.parametrize("text", ["550 5.1.1 no such user", "connection refused", "x" * (LONGEST + 1), "It Is Private", "a\nwarning: b"])
def test_what_is_nobodys_sentence_stays_in_its_language(text: str) -> None:
    assert in_words(text, "ru") == Told(text, "en")


@pytest.mark.parametrize(
    ("language", "why", "kind", "step"),
    [
        (
            "ru",
            "ждёт человека: anna@client.test нет среди",
            "распознано как обычное письмо: ничто в нём",
            "создаёт заявку в отделе 'support'",
        ),
        (
            "pl",
            "czeka na człowieka: anna@client.test nie jest",
            "rozpoznana jako zwykła wiadomość: nic w niej",
            "otwiera zgłoszenie w dziale 'support'",
        ),
        (
            "en",
            "held for a person: anna@client.test is not",
            "it is read as message: nothing about it",
            "opens a ticket in the department 'support'",
        ),
    ],
)
async def test_the_pages_tell_recorded_reasons_in_the_operators_language(
    sessions: Sessions, language: Language, why: str, kind: str, step: str
) -> None:
    async with console_site(sessions, organisation=HOLDING) as site:
        number = await Office(sessions, HOLDING).take(written_mail("Anna <anna@client.test>", "The printer burns.", "Fire"))
        site.speak(language)
        shown = await site.get(f"/inbound/{number}")
        assert why in shown.said
        assert step in shown.said, "what would come of it"
        assert why in (await site.get("/inbound")).said
        way = await site.get("/why", id=f"inbound:{number}")
        assert why in way.said
        assert kind in way.said
        assert 'lang="en">held for' not in shown.body + way.body
        assert [row[0] for row in await site.rows("SELECT why FROM inbound_messages")] == [
            "held for a person: anna@client.test is not a known client (desk.unknown_clients)"
        ], "the record stays as it was written"


@pytest.mark.parametrize(("language", "detail"), [("ru", "нет значения"), ("pl", "brak wartości"), ("en", "missing value")])
def test_a_tickets_events_tell_why_in_the_readers_language(language: Language, detail: str) -> None:
    event = {"kind": "command_ignored", "data": {"command": "tags", "why": "missing_value", "value": ""}}
    assert detail_of(event, words_of(language), ORGANISATION) == f"tags, {detail}"
