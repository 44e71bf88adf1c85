"""All languages, and what is asked of them together."""

from gateway.mail.phrases.arabic import ARABIC
from gateway.mail.phrases.bulgarian import BULGARIAN
from gateway.mail.phrases.catalan import CATALAN
from gateway.mail.phrases.chinese import CHINESE
from gateway.mail.phrases.croatian import CROATIAN
from gateway.mail.phrases.czech import CZECH
from gateway.mail.phrases.danish import DANISH
from gateway.mail.phrases.dutch import DUTCH
from gateway.mail.phrases.english import ENGLISH
from gateway.mail.phrases.estonian import ESTONIAN
from gateway.mail.phrases.finnish import FINNISH
from gateway.mail.phrases.french import FRENCH
from gateway.mail.phrases.german import GERMAN
from gateway.mail.phrases.greek import GREEK
from gateway.mail.phrases.hebrew import HEBREW
from gateway.mail.phrases.hungarian import HUNGARIAN
from gateway.mail.phrases.indonesian import INDONESIAN
from gateway.mail.phrases.italian import ITALIAN
from gateway.mail.phrases.japanese import JAPANESE
from gateway.mail.phrases.korean import KOREAN
from gateway.mail.phrases.language import Phrases
from gateway.mail.phrases.latvian import LATVIAN
from gateway.mail.phrases.lithuanian import LITHUANIAN
from gateway.mail.phrases.norwegian import NORWEGIAN
from gateway.mail.phrases.polish import POLISH
from gateway.mail.phrases.portuguese import PORTUGUESE
from gateway.mail.phrases.romanian import ROMANIAN
from gateway.mail.phrases.russian import RUSSIAN
from gateway.mail.phrases.serbian import SERBIAN
from gateway.mail.phrases.slovak import SLOVAK
from gateway.mail.phrases.slovenian import SLOVENIAN
from gateway.mail.phrases.spanish import SPANISH
from gateway.mail.phrases.swedish import SWEDISH
from gateway.mail.phrases.turkish import TURKISH
from gateway.mail.phrases.ukrainian import UKRAINIAN
from gateway.mail.phrases.vietnamese import VIETNAMESE

LANGUAGES: tuple[Phrases, ...] = (
    ENGLISH,
    RUSSIAN,
    UKRAINIAN,
    POLISH,
    GERMAN,
    FRENCH,
    SPANISH,
    ITALIAN,
    DUTCH,
    PORTUGUESE,
    CZECH,
    SLOVAK,
    SWEDISH,
    NORWEGIAN,
    DANISH,
    FINNISH,
    HUNGARIAN,
    ROMANIAN,
    TURKISH,
    CHINESE,
    JAPANESE,
    KOREAN,
    BULGARIAN,
    GREEK,
    CROATIAN,
    SERBIAN,
    SLOVENIAN,
    VIETNAMESE,
    LITHUANIAN,
    LATVIAN,
    ESTONIAN,
    INDONESIAN,
    CATALAN,
    HEBREW,
    ARABIC,
)
"""In the order in which their alternatives are tried."""

REPLY_ABOVE = (
    "Please type your reply above this line",
    "Пожалуйста, пишите ответ выше этой строки",
    "Proszę pisać odpowiedź powyżej tej linii",
    "Bitte schreiben Sie Ihre Antwort oberhalb dieser Zeile",
    "Merci de répondre au-dessus de cette ligne",
)
"""Our own line (the first three; the last two are for letters in templates of an operator's own)."""


def fold(text: str) -> str:
    """What two spellings are compared by. A capital dotted I folds to two letters, one of them a combining dot."""
    return text.casefold().replace("\u0307", "")


def alternatives(field: str) -> tuple[str, ...]:
    """All languages' alternatives of one field, folded, without repeats, in order."""
    return tuple(dict.fromkeys(word for phrases in LANGUAGES for word in fold(getattr(phrases, field)).split("|") if word))
