"""Fixed lines of letters, by language. Adding a language: here, problems.py, and a folder of templates."""

from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind, Priority, Status

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

STATUS: dict[Language, dict[Status, str]] = {
    "en": {
        Status.NEW: "new",
        Status.OPEN: "open",
        Status.PENDING: "waiting for an answer",
        Status.RESOLVED: "resolved",
        Status.CLOSED: "closed",
        Status.CANCELLED: "cancelled",
        Status.SPAM: "spam",
        Status.TRASH: "in the trash",
    },
    "ru": {
        Status.NEW: "новое",
        Status.OPEN: "открыто",
        Status.PENDING: "ожидает ответа",
        Status.RESOLVED: "решено",
        Status.CLOSED: "закрыто",
        Status.CANCELLED: "отменено",
        Status.SPAM: "спам",
        Status.TRASH: "в корзине",
    },
    "pl": {
        Status.NEW: "nowe",
        Status.OPEN: "otwarte",
        Status.PENDING: "czeka na odpowiedź",
        Status.RESOLVED: "rozwiązane",
        Status.CLOSED: "zamknięte",
        Status.CANCELLED: "anulowane",
        Status.SPAM: "spam",
        Status.TRASH: "w koszu",
    },
}

PRIORITY: dict[Language, dict[Priority, str]] = {
    "en": {Priority.LOW: "low", Priority.NORMAL: "normal", Priority.HIGH: "high", Priority.URGENT: "urgent"},
    "ru": {Priority.LOW: "низкий", Priority.NORMAL: "обычный", Priority.HIGH: "высокий", Priority.URGENT: "срочный"},
    "pl": {Priority.LOW: "niski", Priority.NORMAL: "zwykły", Priority.HIGH: "wysoki", Priority.URGENT: "pilny"},
}

HAPPENED: dict[Language, dict[LetterKind, str]] = {
    "en": {
        LetterKind.REGISTERED: "registered",
        LetterKind.NEW_TICKET: "a new ticket",
        LetterKind.CLIENT_REPLY: "a message from the client",
        LetterKind.AGENT_REPLY: "an answer to the client",
        LetterKind.IN_PROGRESS: "work has begun",
        LetterKind.RESOLVED: "resolved",
        LetterKind.CLOSED: "closed",
        LetterKind.CANCELLED: "cancelled",
        LetterKind.REOPENED: "open again",
        LetterKind.ASSIGNED: "assigned to you",
        LetterKind.NOTE: "a note",
        LetterKind.FAILED_DELIVERY: "an answer that could not be delivered",
    },
    "ru": {
        LetterKind.REGISTERED: "зарегистрировано",
        LetterKind.NEW_TICKET: "новое обращение",
        LetterKind.CLIENT_REPLY: "сообщение клиента",
        LetterKind.AGENT_REPLY: "ответ клиенту",
        LetterKind.IN_PROGRESS: "взято в работу",
        LetterKind.RESOLVED: "решено",
        LetterKind.CLOSED: "закрыто",
        LetterKind.CANCELLED: "отменено",
        LetterKind.REOPENED: "снова открыто",
        LetterKind.ASSIGNED: "назначено вам",
        LetterKind.NOTE: "заметка",
        LetterKind.FAILED_DELIVERY: "ответ не удалось доставить",
    },
    "pl": {
        LetterKind.REGISTERED: "zarejestrowane",
        LetterKind.NEW_TICKET: "nowe zgłoszenie",
        LetterKind.CLIENT_REPLY: "wiadomość od klienta",
        LetterKind.AGENT_REPLY: "odpowiedź dla klienta",
        LetterKind.IN_PROGRESS: "rozpoczęto pracę",
        LetterKind.RESOLVED: "rozwiązane",
        LetterKind.CLOSED: "zamknięte",
        LetterKind.CANCELLED: "anulowane",
        LetterKind.REOPENED: "znowu otwarte",
        LetterKind.ASSIGNED: "przypisane do Ciebie",
        LetterKind.NOTE: "notatka",
        LetterKind.FAILED_DELIVERY: "nie udało się dostarczyć odpowiedzi",
    },
}
"""What a digest says of a notification."""
