"""What the console says: in every language all of it, with the same names, and no key that is nobody's."""

import re
import string
from pathlib import Path

import pytest
from babel import Locale

from gateway.console.words import FOLDER, LANGUAGE_NAMES, LANGUAGES, Text, words_of
from gateway.domain.audit import Access, Result
from gateway.domain.language import Language
from gateway.domain.operators import Rank
from gateway.domain.states import ArticleKind, InboundState, LetterKind, OutboxState, Priority, Status
from gateway.domain.suppressions import Cause

CONSOLE = Path(__file__).parents[2] / "gateway" / "console"
SOURCES = [*CONSOLE.glob("*.py"), *CONSOLE.glob("templates/**/*.html"), *(CONSOLE.parent / "deeds").glob("*.py")]
KEYS = sorted(words_of("en").texts)
GROUPS = {
    "status": Status,
    "priority": Priority,
    "rank": Rank,
    "access": Access,
    "result": Result,
    "inbound_state": InboundState,
    "outbox_state": OutboxState,
    "letter_kind": LetterKind,
    "article_kind": ArticleKind,
    "suppression": Cause,
}


def forms(text: Text) -> dict[str, str]:
    return {"": text} if isinstance(text, str) else dict(text)


def names(text: Text) -> set[str]:
    return {name for form in forms(text).values() for _, name, _, _ in string.Formatter().parse(form) if name is not None} - {"n"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_files_and_keys(language: Language) -> None:
    assert {each.name for each in (FOLDER / language).glob("*.toml")} == {each.name for each in (FOLDER / "en").glob("*.toml")}
    assert sorted(words_of(language).texts) == KEYS


@pytest.mark.parametrize("group", sorted({each.partition(".")[0] for each in KEYS}))
def test_texts_have_the_same_names_and_all_plural_forms_in_every_language(group: str) -> None:
    for key in (each for each in KEYS if each.startswith(f"{group}.")):
        texts = {language: words_of(language).texts[key] for language in LANGUAGES}
        assert len({frozenset(names(text)) for text in texts.values()}) == 1, texts
        assert len({isinstance(text, str) for text in texts.values()}) == 1, texts
        for language, text in texts.items():
            assert all(form.strip() for form in forms(text).values()), (language, key)
            if not isinstance(text, str):
                # Those that whole numbers come to.
                assert {Locale(language).plural_form(n) for n in range(200)} <= text.keys(), (language, key)


def test_no_file_takes_another_ones_key() -> None:
    for language in LANGUAGES:
        told = [each for file in (FOLDER / language).glob("*.toml") for each in re.findall(r"(?m)^\[([^\]]+)\]", file.read_text("utf-8"))]
        assert len(told) == len(set(told)), sorted(each for each in told if told.count(each) > 1)


SOURCE = "\n".join(each.read_text("utf-8") for each in SOURCES)
WHOLE = re.compile(r"""(?:\bt|\bwords|_words)\(\s*["']([a-z_]+\.[a-z_0-9]+)["'](?!\s*[~+%])""")
DONE = re.compile(r'"([a-z_]+\.done_[a-z_0-9]+)"')
BEGUN = re.compile(r"""["']([a-z_]+\.(?:[a-z0-9]+_)*)(?:["']\s*[~+]|\{)""")
"""Keys that are put together, such as `"common.page_" ~ name` and `f"way.step_{kind}"`."""


def test_every_key_that_is_used_is_there() -> None:
    asked = {*WHOLE.findall(SOURCE), *DONE.findall(SOURCE)}
    assert asked - set(KEYS) == set()


def test_every_text_is_said_somewhere() -> None:
    begun = tuple(set(BEGUN.findall(SOURCE)))
    # Groups of values beside a page's own: `t.of("rank", …)`.
    pages = {each.stem for each in (FOLDER / "en").glob("*.toml")}
    groups = tuple(f"{each}." for each in {key.partition(".")[0] for key in KEYS} - pages if f'"{each}"' in SOURCE)
    idle = [each for each in KEYS if not re.search(rf"""["']{re.escape(each)}["']""", SOURCE) and not each.startswith((*begun, *groups))]
    assert idle == []


@pytest.mark.parametrize("group", GROUPS)
def test_values_of_ours_have_a_word(group: str) -> None:
    missing = [f"{group}.{each}" for each in GROUPS[group] if f"{group}.{each}" not in words_of("en").texts]
    assert missing == []


def test_a_language_is_called_as_it_calls_itself() -> None:
    assert LANGUAGE_NAMES == {"en": "English", "ru": "Русский", "pl": "Polski"}
