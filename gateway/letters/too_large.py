"""A letter that was too large for a server and could not be made lighter: in words for the agent whose files these are."""

import re
from collections.abc import Mapping
from typing import Final

from gateway.domain.organisation import Language
from gateway.domain.steps import Returned
from gateway.letters.links import human_size, shown_name

MOST_NAMED: Final = 10


def too_large(returned: Returned, language: Language) -> tuple[str, str] | None:
    """What it means and what to do; None of a letter without files, whose words alone were too much."""
    if not returned.files:
        return None
    words = WORDS[language]
    meaning, found = words["meaning"], SIZES.search(returned.said)
    if found is not None and not returned.linked:  # else the figure is the letter's without its files
        letter, limit = (human_size(int(each), language) for each in found.groups())
        meaning += words["sizes"].format(letter=letter, limit=limit)
    named = sorted(returned.files, key=lambda each: -each[1])[:MOST_NAMED]
    listed = ", ".join(f"{shown_name(name)} ({human_size(size, language)})" for name, size in named)
    listed += words["more"].format(number=more) if (more := len(returned.files) - len(named)) > 0 else ""
    return meaning, words["files"].format(files=listed) + ("" if returned.linked else words["links"])


# As `gateway/outbound/transaction.py` says it; of other servers' answers only their words are known.
SIZES: Final = re.compile(r"the letter has (\d{1,15}) octets, the (?:server|relay) takes (\d{1,15})\b")

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "meaning": "The letter is larger than the server allows.",
        "sizes": " With its files it has {letter}; the server takes {limit} at most.",
        "files": "Its files: {files}. Send it again with smaller files, or in several letters.",
        "more": " and {number} more",
        "links": " If your administrator sets `web.base_url`, files that are too large go out as links instead.",
    },
    "ru": {
        "meaning": "Письмо больше, чем принимает сервер.",
        "sizes": " Вместе с файлами в нём {letter}, а сервер принимает не больше {limit}.",
        "files": "Файлы: {files}. Отправьте его ещё раз с файлами поменьше или в нескольких письмах.",
        "more": " и ещё {number}",
        "links": " Если администратор задаст `web.base_url`, слишком большие файлы будут уходить ссылками.",
    },
    "pl": {
        "meaning": "Wiadomość jest większa, niż przyjmuje serwer.",
        "sizes": " Z plikami ma {letter}, a serwer przyjmuje najwyżej {limit}.",
        "files": "Pliki: {files}. Wyślij ją ponownie z mniejszymi plikami albo w kilku wiadomościach.",
        "more": " i jeszcze {number}",
        "links": " Jeśli administrator ustawi `web.base_url`, zbyt duże pliki będą wysyłane jako linki.",
    },
}
