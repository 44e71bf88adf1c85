"""What the rating page's form may hold: the desk's own levels, comments of any content, and nothing beyond bounds."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.satisfaction import BUILT_IN_FIVE, Level, Satisfaction
from gateway.domain.states import Status
from gateway.web.words import WORDS
from tests.web.site import Site, chosen, comment_of, scores, site

Sessions = async_sessionmaker[AsyncSession]

ENGLISH = WORDS["en"]


@pytest.fixture
async def pages(sessions: Sessions) -> AsyncIterator[Site]:
    async with site(sessions) as made:
        await made.open()
        yield made


async def test_levels_are_the_desks_own_and_one_switched_off_is_not_offered(sessions: Sessions) -> None:
    levels = (
        Level((("en", "Awful"),), "-", -1, Status.PENDING),
        Level((("en", "So-so"),), "o", 0, None),
        Level((("en", "Good <b>"),), "+", 10, Status.CLOSED),
        Level((("en", "Was once"),), "?", 4, Status.CLOSED, active=False),
    )
    async with site(sessions, Satisfaction(levels)) as pages:
        await pages.open()
        page = (await pages.get(pages.link(10))).body
        assert scores(page) == ["-1", "0", "10"]
        assert "Good &lt;b&gt;" in page
        switched_off = await pages.get(pages.link(4))
        assert (switched_off.status, chosen(switched_off.body)) == (200, [])
        refused = await pages.post(pages.link(4), comment="Kept")
        assert refused.status == 422
        assert ENGLISH.choose in refused.body
        assert comment_of(refused.body) == "Kept"
        assert await pages.ratings() == []
        assert (await pages.post(pages.link(4), score="0")).status == 200
        assert await pages.ticket() == ("resolved", 0, "So-so", "")
        assert (await pages.post(pages.link(4), score="-1")).status == 200
        assert (await pages.ticket())[0] == "pending"


@pytest.mark.parametrize("score", ["", "4", "9", "-0", "１", "1e0", "1;DROP TABLE ratings", "\x00", "9" * 5000])
async def test_a_score_that_is_none_of_the_levels_is_not_taken(sessions: Sessions, score: str) -> None:
    async with site(sessions, Satisfaction(BUILT_IN_FIVE[:3])) as pages:
        await pages.open()
        assert (await pages.post(pages.link(1), score=score)).status == 422
        assert await pages.ratings() == []


FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"


def part(name: str, value: str, more: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'.encode()


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"comment=%3Cscript%3Ealert(1)%3C/script%3E%22'%26", "<script>alert(1)</script>\"'&"),
        (b"comment={{7*7}}%7B%25", "{{7*7}}{%"),
        (b"comment=a%00b%07c%1Bd%7Fe%C2%9Bf", "abcdef"),
        (b"comment=%ED%A0%80x", "\ufffd\ufffd\ufffdx"),
        (b"comment=%FF%FE", "\ufffd\ufffd"),
        (b"comment=\xd1\x8f", "я"),
        (b"comment=%0D%0A+one%0Dtwo%0D%0A%0A", "one\ntwo"),
        (b"comment=first&comment=last", "last"),
        (b"comment=" + b"%F0%9F%94%A5" * 2000, "🔥" * 2000),
        (b"comment", ""),
        (b"nothing=1", ""),
        (b"", ""),
    ],
)
async def test_a_comment_is_kept_as_typed_but_for_what_no_text_holds(pages: Site, body: bytes, kept: str) -> None:
    answer = await pages.ask("POST", pages.link(3), body, Content_Type=FORM)
    assert answer.status == 200
    assert (await pages.ticket())[3] == kept
    page = (await pages.get(pages.link(3))).body
    assert comment_of(page) == kept
    assert "<script" not in page


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"comment=%D1%8F+x&score=4", ""),
        (part("comment", "я x") + part("score", "4") + b"--b--\r\n", PARTS),
        (part("comment", "first") + part("score", "4") + part("comment", "я x") + b"--b--\r\n", PARTS),
    ],
)
async def test_a_program_may_send_the_form_in_parts_or_without_a_type(pages: Site, body: bytes, kind: str) -> None:
    assert (await pages.ask("POST", pages.link(1), body, Content_Type=kind)).status == 200
    assert (await pages.ticket())[1:] == (4, "Satisfied", "я x")


async def test_a_comment_too_long_comes_back_whole_to_be_shortened(pages: Site) -> None:
    answer = await pages.post(pages.link(2), score="3", comment="ж" * 2001)
    assert answer.status == 422
    assert ENGLISH.comment_too_long in answer.body
    assert comment_of(answer.body) == "ж" * 2001
    assert chosen(answer.body) == ["3"]
    assert await pages.ratings() == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"comment=" + b"x" * 1024 * 1024, FORM, 413),
        (b"x" * (5 * 1024 * 1024), FORM, 413),
        (b'{"comment": "x"}', "application/json", 415),
        (b"--b\r\n\r\n--b--", "multipart/form-data; boundary=b", 400),
        (b"--b\r\n\r\n--b--", "multipart/form-data", 400),
        (part("comment", "x") + b"--b", PARTS, 400),
        (part("comment", "x", '; filename="a.exe"') + b"--b--\r\n", PARTS, 400),
        (part("comment", "x") * 50 + b"--b--\r\n", PARTS, 400),
        (part("comment", "x" * 1024 * 1024) + b"--b--\r\n", PARTS, 413),
        (b"a=1&" * 50, FORM, 400),
        (b"comment=x", "text/plain", 415),
    ],
)
async def test_what_is_no_form_of_ours_is_refused_politely(pages: Site, body: bytes, kind: str, status: int) -> None:
    try:
        answer = await pages.ask("POST", pages.link(1), body, Content_Type=kind)
    except (BrokenPipeError, ConnectionResetError):
        assert len(body) > 4 * 1024 * 1024, "only who sends without end is cut off"
    else:
        assert answer.status == status
        assert ENGLISH.unreadable.title in answer.body
    assert await pages.ratings() == []


async def test_a_hostile_subject_is_shown_as_typed(pages: Site) -> None:
    await pages.alter("UPDATE tickets SET subject = :s", s="</title><img src=x onerror=alert(1)>{{7*7}}")
    page = (await pages.get(pages.link(1))).body
    assert "&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in page
    assert "<img" not in page
