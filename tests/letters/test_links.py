"""Links in the place of files: how they read in each language, and where in a letter they stand."""

from datetime import date

import pytest

from gateway.domain.language import Language
from gateway.letters.links import Link, human_size, language_of, shown_name, with_links
from gateway.letters.markup import as_html
from gateway.letters.texts import LINKED, REPLY_ABOVE, UNITS
from gateway.mail.html_text import html_to_text

UNTIL = date(2026, 12, 21)
REPORT = Link("отчёт за ноябрь.pdf", 2_100_000, "https://desk.test/file/abc")
SCAN = Link("scan.tiff", 48_000_000, "https://desk.test/file/def")


def letter(words: str, language: Language = "en") -> tuple[str, str]:
    line = REPLY_ABOVE[language]
    return f"{line}\n\n{words}\n", as_html(words, "Re: it", line, language)


@pytest.mark.parametrize(
    ("language", "links", "said"),
    [
        (
            "en",
            (REPORT,),
            (
                "This file did not fit into the e-mail. You can download it until 21 December 2026:\n\n"
                "отчёт за ноябрь.pdf (2.1 MB)\nhttps://desk.test/file/abc\n"
            ),
        ),
        (
            "ru",
            (REPORT, SCAN),
            (
                "Эти файлы не поместились в письмо. Их можно скачать по ссылкам до 21 декабря 2026 включительно:\n\n"
                "отчёт за ноябрь.pdf (2,1 МБ)\nhttps://desk.test/file/abc\n\nscan.tiff (48 МБ)\nhttps://desk.test/file/def\n"
            ),
        ),
        (
            "pl",
            (SCAN,),
            (
                "Ten plik nie zmieścił się w wiadomości. Można go pobrać do 21 grudnia 2026 włącznie:\n\n"
                "scan.tiff (48 MB)\nhttps://desk.test/file/def\n"
            ),
        ),
    ],
)
def test_they_are_told_in_the_letters_language(language: Language, links: tuple[Link, ...], said: str) -> None:
    text, page = letter("…", language)
    with_text, with_page = with_links(text, page, links, UNTIL)
    assert with_text == f"{REPLY_ABOVE[language]}\n\n…\n\n{said}"
    assert with_page is not None
    assert html_to_text(with_page).split() == with_text.split()
    for each in links:
        assert f'<a href="{each.url}">{each.url}</a>' in with_page


def test_every_language_that_letters_have_has_these_words_too() -> None:
    assert set(LINKED) == set(UNITS) == set(REPLY_ABOVE)
    assert {language_of(letter("…", language)[0]) for language in REPLY_ABOVE} == set(REPLY_ABOVE)
    assert language_of("by somebody's own hand", "pl") == "pl"


PLACES = {
    "at the end": ("Here it is.", "Here it is.\n\nLINKS"),
    "before what the desk says below": ("Here it is.\n\n---\nTicket #1 is closed.", "Here it is.\n\nLINKS\n\n---\nTicket #1 is closed."),
    "before the signature, which programs hide": ("Here it is.\n\n-- \nDana", "Here it is.\n\nLINKS\n\n-- \nDana"),
    "before a signature without room above it": (
        "Here it is.\n-- \nDana\n\n---\nClosed.",
        "Here it is.\n\nLINKS\n\n-- \nDana\n\n---\nClosed.",
    ),
    "where there were no words": ("", "LINKS"),
    "not at what is no signature": ("Price --\n--- \n--- here", "Price --\n--- \n--- here\n\nLINKS"),
}


@pytest.mark.parametrize("where", PLACES)
def test_they_stand(where: str) -> None:
    words, expected = PLACES[where]
    text, page = letter(words)
    with_text, with_page = with_links(text, page, (SCAN,), UNTIL)
    links = "This file did not fit into the e-mail. You can download it until 21 December 2026:\n\nscan.tiff (48 MB)\nhttps://desk.test/file/def"
    assert with_text.split() == [*REPLY_ABOVE["en"].split(), *expected.replace("LINKS", links).split()]
    assert "\n\nThis file" in with_text
    assert with_page is not None
    said = [each for each in html_to_text(with_page).split() if each.strip("-_")]
    assert said == [each for each in with_text.split() if each.strip("-")]
    assert with_page.count("<p ") == with_page.count("</p>"), "whole paragraphs"


def test_an_operators_page_has_them_at_its_end() -> None:
    text, _ = letter("Here it is.\n\n-- \nDana")
    _, page = with_links(text, "<html><body><table><tr><td>Here</td></tr></table></BODY></html>", (SCAN,), UNTIL)
    assert page is not None
    assert page.startswith("<html><body><table><tr><td>Here</td></tr></table><p ")
    assert page.endswith("</p>\n</BODY></html>")
    _, without_body = with_links(text, "<p>Here</p>", (SCAN,), UNTIL)
    assert without_body is not None
    assert "/file/def" in without_body
    assert with_links(text, None, (SCAN,), UNTIL)[1] is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("отчёт.pdf", "отчёт.pdf"),
        ("报告.docx", "报告.docx"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u2028b\x07.txt", "ab.txt"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
        ("", "—"),
        ("x" * 400 + ".tar.gz", "x" * 75 + "…" + "x" * 68 + ".tar.gz"),
    ],
)
def test_a_name_reads_as_what_it_is(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_name_is_never_markup_nor_a_link() -> None:
    text, page = letter("Here.")
    _, shown = with_links(text, page, (Link('<b>"http://evil.test', 5000, SCAN.url),), UNTIL)
    assert shown is not None
    assert "&lt;b&gt;&quot;http://evil.test" in shown
    assert 'href="http://evil' not in shown


@pytest.mark.parametrize(
    ("octets", "en", "ru", "pl"),
    [
        (0, "0 B", "0 Б", "0 B"),
        (999, "999 B", "999 Б", "999 B"),
        (1536, "1.5 KB", "1,5 КБ", "1,5 KB"),
        (999_999, "1 MB", "1 МБ", "1 MB"),
        (52_428_800, "52.4 MB", "52,4 МБ", "52,4 MB"),
        (104_857_600, "105 MB", "105 МБ", "105 MB"),
        (2_147_483_647, "2.1 GB", "2,1 ГБ", "2,1 GB"),
    ],
)
def test_sizes_read_as_people_say_them(octets: int, en: str, ru: str, pl: str) -> None:
    assert (human_size(octets, "en"), human_size(octets, "ru"), human_size(octets, "pl")) == (en, ru, pl)
