"""Fixed lines of letters, by language. Adding a language: here, and a folder of templates."""

from gateway.domain.organisation import Language

REPLY_ABOVE: dict[Language, str] = {
    "en": "## Please type your reply above this line ##",
    "ru": "## Пожалуйста, пишите ответ выше этой строки ##",
    "pl": "## Proszę pisać odpowiedź powyżej tej linii ##",
}

WITHOUT_SUBJECT: dict[Language, str] = {
    "en": "(no subject)",
    "ru": "(без темы)",
    "pl": "(bez tematu)",
}

CUT: dict[Language, str] = {
    "en": "[The message is longer; all of it is on the ticket.]",
    "ru": "[Сообщение длиннее; целиком оно в обращении.]",
    "pl": "[Wiadomość jest dłuższa; w całości jest w zgłoszeniu.]",
}

VIA: dict[Language, str] = {
    "en": "{name} via {desk}",
    "ru": "{name} через {desk}",
    "pl": "{name} przez {desk}",
}
