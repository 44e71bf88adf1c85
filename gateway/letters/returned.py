"""What became of a reply, in words for the agent who wrote it: what a server's refusal most likely means, and what to do."""

from collections.abc import Mapping
from typing import Final

from gateway.domain.organisation import Language
from gateway.domain.steps import Returned
from gateway.domain.suppressions import Cause, Suppression
from gateway.letters.facts import EarlierFacts, ReturnedFacts
from gateway.letters.too_large import too_large
from gateway.mail.refusals import Meaning, meaning_of


def returned_facts(returned: Returned, language: Language) -> ReturnedFacts:
    found = meaning_of(returned.said, returned.status)
    of_files = too_large(returned, language) if found is Meaning.TOO_LARGE else None
    meaning, advice = of_files or WORDS[language][found]
    return ReturnedFacts(returned.address, returned.said, meaning, advice)


def earlier_facts(suppression: Suppression, language: Language) -> EarlierFacts:
    words = EARLIER[language][suppression.cause].format(why=suppression.why)
    return EarlierFacts(suppression.address, suppression.created_at, words)


Words = tuple[str, str]
"""What it means; what to do."""

EN: Final[Mapping[Meaning, Words]] = {
    Meaning.NO_MAILBOX: ("There is no mailbox at this address.", "Ask the client for the right address, or write to another one."),
    Meaning.BAD_ADDRESS: ("The server does not take this for a complete address.", "Look for a typing error and correct the address."),
    Meaning.MOVED: ("The mailbox has moved, and mail is not passed on.", "Ask the client for the new address."),
    Meaning.NO_DOMAIN: (
        "The part behind the @ does not exist, or its mail server cannot be found.",
        "Look for a typing error there, and correct the address.",
    ),
    Meaning.NO_MAIL_DOMAIN: ("The part behind the @ exists, but takes no mail at all.", "Write to another address of the client."),
    Meaning.DISABLED: ("The mailbox is switched off.", "Write to another address of the client, or reach them by telephone."),
    Meaning.FULL: ("The client’s mailbox is full.", "Write again later, or to another address."),
    Meaning.TOO_LARGE: ("The letter is larger than the client’s server allows.", "Send it again with smaller files, or without them."),
    Meaning.NOT_ALLOWED: (
        "The client’s server does not accept this letter by its rules; the address itself may well be right.",
        "Reach the client in another way, and tell your administrator.",
    ),
    Meaning.UNWANTED: (
        "The client’s server takes our mail for spam, or our server is on a list of spammers.",
        "Tell your administrator; until then write to another address of the client.",
    ),
    Meaning.UNAUTHENTICATED: (
        "The client’s server does not believe that the letter is ours (SPF, DKIM or DMARC).",
        "Tell your administrator, who can run `deskgate check --dns`.",
    ),
    Meaning.CONTENT: (
        "Something in the letter or its files is not accepted there.",
        "Send it again without attachments, or in another format.",
    ),
    Meaning.LOOP: ("Mail to this address goes round in a circle at the client’s server.", "Write to another address of the client."),
    Meaning.UNREACHABLE: (
        "The client’s mail server does not answer.",
        "Check the part behind the @; if it is right, try again later or write to another address.",
    ),
    Meaning.EXPIRED: (
        "For days the client’s mail server did not take the letter, so nobody tries any longer.",
        "Check the part behind the @, or write to another address.",
    ),
    Meaning.BUSY: ("The client’s mail server cannot take the letter at the moment.", "Wait; if it stays so, write to another address."),
    Meaning.REFUSED: ("The server gives no reason that we know.", "Check the address, or reach the client in another way."),
}

RU: Final[Mapping[Meaning, Words]] = {
    Meaning.NO_MAILBOX: ("Почтового ящика с таким адресом нет.", "Уточните адрес у клиента или напишите на другой."),
    Meaning.BAD_ADDRESS: ("Сервер не считает это правильным адресом.", "Поищите опечатку и исправьте адрес."),
    Meaning.MOVED: ("Ящик переехал, а почту туда не пересылают.", "Узнайте у клиента новый адрес."),
    Meaning.NO_DOMAIN: (
        "Домена после знака @ не существует, или его почтовый сервер не найти.",
        "Поищите в этой части опечатку и исправьте адрес.",
    ),
    Meaning.NO_MAIL_DOMAIN: ("Домен после знака @ есть, но почту он не принимает.", "Напишите на другой адрес клиента."),
    Meaning.DISABLED: ("Ящик отключён.", "Напишите на другой адрес клиента или позвоните."),
    Meaning.FULL: ("Ящик клиента переполнен.", "Напишите позже или на другой адрес."),
    Meaning.TOO_LARGE: ("Письмо больше, чем принимает сервер клиента.", "Отправьте его ещё раз с файлами поменьше или без них."),
    Meaning.NOT_ALLOWED: (
        "Сервер клиента не принял письмо по своим правилам; сам адрес может быть верным.",
        "Свяжитесь с клиентом иначе и скажите администратору.",
    ),
    Meaning.UNWANTED: (
        "Сервер клиента считает наше письмо спамом, или наш сервер попал в список рассылающих спам.",
        "Скажите администратору, а пока напишите на другой адрес клиента.",
    ),
    Meaning.UNAUTHENTICATED: (
        "Сервер клиента не верит, что письмо от нас (SPF, DKIM или DMARC).",
        "Скажите администратору: поможет `deskgate check --dns`.",
    ),
    Meaning.CONTENT: ("Что-то в письме или во вложениях там не принимают.", "Отправьте его ещё раз без вложений или в другом формате."),
    Meaning.LOOP: ("На сервере клиента почта на этот адрес ходит по кругу.", "Напишите на другой адрес клиента."),
    Meaning.UNREACHABLE: (
        "Почтовый сервер клиента не отвечает.",
        "Проверьте часть адреса после @; если она верна, повторите позже или напишите на другой адрес.",
    ),
    Meaning.EXPIRED: (
        "Почтовый сервер клиента несколько дней не принимал письмо, и попытки прекращены.",
        "Проверьте часть адреса после @ или напишите на другой адрес.",
    ),
    Meaning.BUSY: ("Почтовый сервер клиента сейчас не может принять письмо.", "Подождите; если не поможет, напишите на другой адрес."),
    Meaning.REFUSED: ("Понятной причины сервер не назвал.", "Проверьте адрес или свяжитесь с клиентом иначе."),
}

PL: Final[Mapping[Meaning, Words]] = {
    Meaning.NO_MAILBOX: ("Pod tym adresem nie ma skrzynki.", "Zapytaj klienta o właściwy adres albo napisz na inny."),
    Meaning.BAD_ADDRESS: ("Serwer nie uznaje tego za poprawny adres.", "Poszukaj literówki i popraw adres."),
    Meaning.MOVED: ("Skrzynkę przeniesiono, a poczta nie jest tam przekazywana.", "Zapytaj klienta o nowy adres."),
    Meaning.NO_DOMAIN: (
        "Część po znaku @ nie istnieje albo nie można znaleźć jej serwera poczty.",
        "Poszukaj w niej literówki i popraw adres.",
    ),
    Meaning.NO_MAIL_DOMAIN: ("Część po znaku @ istnieje, ale w ogóle nie przyjmuje poczty.", "Napisz na inny adres klienta."),
    Meaning.DISABLED: ("Skrzynka jest wyłączona.", "Napisz na inny adres klienta albo zadzwoń."),
    Meaning.FULL: ("Skrzynka klienta jest pełna.", "Napisz później albo na inny adres."),
    Meaning.TOO_LARGE: ("Wiadomość jest większa, niż przyjmuje serwer klienta.", "Wyślij ją ponownie z mniejszymi plikami albo bez nich."),
    Meaning.NOT_ALLOWED: (
        "Serwer klienta nie przyjął wiadomości według swoich reguł; sam adres może być dobry.",
        "Skontaktuj się z klientem inaczej i powiedz administratorowi.",
    ),
    Meaning.UNWANTED: (
        "Serwer klienta bierze naszą pocztę za spam albo nasz serwer jest na liście nadawców spamu.",
        "Powiedz administratorowi, a tymczasem napisz na inny adres klienta.",
    ),
    Meaning.UNAUTHENTICATED: (
        "Serwer klienta nie wierzy, że wiadomość jest od nas (SPF, DKIM albo DMARC).",
        "Powiedz administratorowi: pomoże `deskgate check --dns`.",
    ),
    Meaning.CONTENT: (
        "Czegoś w wiadomości albo w załącznikach tam się nie przyjmuje.",
        "Wyślij ją ponownie bez załączników albo w innym formacie.",
    ),
    Meaning.LOOP: ("Na serwerze klienta poczta na ten adres krąży w kółko.", "Napisz na inny adres klienta."),
    Meaning.UNREACHABLE: (
        "Serwer poczty klienta nie odpowiada.",
        "Sprawdź część po znaku @; jeśli jest dobra, spróbuj później albo napisz na inny adres.",
    ),
    Meaning.EXPIRED: (
        "Serwer poczty klienta przez kilka dni nie przyjął wiadomości i dalszych prób nie będzie.",
        "Sprawdź część po znaku @ albo napisz na inny adres.",
    ),
    Meaning.BUSY: ("Serwer poczty klienta nie może teraz przyjąć wiadomości.", "Poczekaj; jeśli to nie pomoże, napisz na inny adres."),
    Meaning.REFUSED: ("Serwer nie podał zrozumiałej przyczyny.", "Sprawdź adres albo skontaktuj się z klientem inaczej."),
}

WORDS: Final[Mapping[Language, Mapping[Meaning, Words]]] = {"en": EN, "ru": RU, "pl": PL}

EARLIER: Final[Mapping[Language, Mapping[Cause, str]]] = {
    "en": {
        Cause.BOUNCE: "mail to it came back: {why}",
        Cause.COMPLAINT: "its owner called a letter of ours unwanted",
        Cause.PERSON: "automatic letters to it were switched off: {why}",
    },
    "ru": {
        Cause.BOUNCE: "почта на него вернулась: {why}",
        Cause.COMPLAINT: "его владелец пожаловался на наше письмо",
        Cause.PERSON: "автоматические письма на него отключены: {why}",
    },
    "pl": {
        Cause.BOUNCE: "poczta na niego wróciła: {why}",
        Cause.COMPLAINT: "jego właściciel uznał naszą wiadomość za niechcianą",
        Cause.PERSON: "automatyczne wiadomości na niego są wyłączone: {why}",
    },
}
"""Of an address that automatic letters do not go to."""
