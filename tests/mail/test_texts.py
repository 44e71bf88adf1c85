"""Small readers: flowed text, the canonical hash."""

import pytest

from gateway.mail.canonical import body_hash
from gateway.mail.flowed import unflow


@pytest.mark.parametrize(
    ("text", "unflowed"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("> one \n> two\nmine", "> one two\nmine"),
        (">> a \n> b", ">> a\n> b"),
        ("a \n-- \nAnn", "a\n-- \nAnn"),
        (" From here", "From here"),
        ("a\n\nb", "a\n\nb"),
        ("a ", "a"),
    ],
)
def test_flowed_lines_become_paragraphs(text: str, unflowed: str) -> None:
    assert unflow(text) == unflowed


def test_the_space_itself_may_be_no_part_of_the_text() -> None:
    assert unflow("こん \nにちは", delete_space=True) == "こんにちは"


@pytest.mark.parametrize(
    "twin",
    [
        "Hello,\r\n\r\nthe door is open. Ann",
        "Hello, the door\nis open.\n\nAnn\n",
        "> Hello,\n> the door is open.\n> Ann",
        "Hello,\nthe door is open.\nAnn\n_______________________________________________\nList mailing list\nhttp://list.test\n",
    ],
)
def test_twins_have_one_hash(twin: str) -> None:
    assert body_hash(twin, ["a", "b"]) == body_hash("Hello,\n\nthe door is open.\nAnn", ["b", "a"])


@pytest.mark.parametrize("other", ["Hello,\n\nthe door is shut.\nAnn", "Hello,\n\nthe door is open.\nAnn 2", ""])
def test_other_words_have_another_hash(other: str) -> None:
    assert body_hash(other, []) != body_hash("Hello,\n\nthe door is open.\nAnn", [])


def test_other_files_have_another_hash() -> None:
    assert body_hash("a", ["x"]) != body_hash("a", ["y"])
