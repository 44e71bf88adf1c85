"""What an agent is told of a reply whose files no server took."""

import pytest

from gateway.domain.language import Language
from gateway.domain.steps import Returned
from gateway.letters.returned import returned_facts
from gateway.letters.too_large import WORDS, too_large

OURS = "552 5.3.4 the letter has 2790000 octets, the server takes 1000000 (RFC 1870)"
THEIRS = "552 5.2.3 Message exceeds maximum size for this mailbox"
FILES = (("скан.tiff", 40_000), ("отчёт.pdf", 2_000_000))


@pytest.mark.parametrize(
    ("language", "meaning", "advice"),
    [
        (
            "en",
            "The letter is larger than the server allows. With its files it has 2.8 MB; the server takes 1 MB at most.",
            (
                "Its files: отчёт.pdf (2 MB), скан.tiff (40 KB). Send it again with smaller files, or in several letters."
                " If your administrator sets `web.base_url`, files that are too large go out as links instead."
            ),
        ),
        (
            "ru",
            "Письмо больше, чем принимает сервер. Вместе с файлами в нём 2,8 МБ, а сервер принимает не больше 1 МБ.",
            (
                "Файлы: отчёт.pdf (2 МБ), скан.tiff (40 КБ). Отправьте его ещё раз с файлами поменьше или в нескольких письмах."
                " Если администратор задаст `web.base_url`, слишком большие файлы будут уходить ссылками."
            ),
        ),
        (
            "pl",
            "Wiadomość jest większa, niż przyjmuje serwer. Z plikami ma 2,8 MB, a serwer przyjmuje najwyżej 1 MB.",
            (
                "Pliki: отчёт.pdf (2 MB), скан.tiff (40 KB). Wyślij ją ponownie z mniejszymi plikami albo w kilku wiadomościach."
                " Jeśli administrator ustawi `web.base_url`, zbyt duże pliki będą wysyłane jako linki."
            ),
        ),
    ],
)
def test_it_names_the_files_and_the_limit_and_what_to_do(language: Language, meaning: str, advice: str) -> None:
    told = returned_facts(Returned("anna@client.test", OURS, files=FILES), language)
    assert (told.meaning, told.advice) == (meaning, advice)


def test_of_another_servers_limit_only_its_words_are_known_and_links_were_tried_where_they_can_be() -> None:
    told = too_large(Returned("anna@client.test", THEIRS, files=FILES, linked=True), "en")
    assert told == (
        "The letter is larger than the server allows.",
        "Its files: отчёт.pdf (2 MB), скан.tiff (40 KB). Send it again with smaller files, or in several letters.",
    )


def test_of_many_files_the_largest_are_named() -> None:
    files = tuple((f"{number}.txt", number * 1000) for number in range(1, 31))
    told = too_large(Returned("anna@client.test", THEIRS, files=files), "en")
    assert told is not None
    assert told[1].startswith("Its files: 30.txt (30 KB), 29.txt (29 KB), ")
    assert "21.txt (21 KB) and 20 more." in told[1]


@pytest.mark.parametrize("said", ["550 5.1.1 no such user", "552 5.2.2 mailbox full", "554 5.7.1 spam"])
def test_other_refusals_say_nothing_of_files(said: str) -> None:
    told = returned_facts(Returned("anna@client.test", said, files=FILES), "en")
    assert "отчёт" not in told.meaning + told.advice


def test_a_letter_without_files_is_told_of_as_before() -> None:
    assert too_large(Returned("anna@client.test", OURS), "en") is None
    assert "smaller files" in returned_facts(Returned("anna@client.test", OURS), "en").advice


def test_each_language_says_all_of_it() -> None:
    assert {tuple(words) for words in WORDS.values()} == {("meaning", "sizes", "files", "more", "links")}


def test_where_the_files_became_links_the_letters_size_is_not_said_to_be_with_them() -> None:
    told = too_large(Returned("anna@client.test", OURS, files=FILES, linked=True), "en")
    assert told is not None
    assert told[0] == "The letter is larger than the server allows."
