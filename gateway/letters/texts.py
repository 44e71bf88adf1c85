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

MOVED: dict[Language, str] = {
    "en": "{name} has moved ticket #{number} to {department}.",
    "ru": "{name} передаёт обращение #{number} в «{department}».",
    "pl": "{name} przenosi zgłoszenie #{number} do „{department}”.",
}

VIA: dict[Language, str] = {
    "en": "{name} via {desk}",
    "ru": "{name} через {desk}",
    "pl": "{name} przez {desk}",
}

LINKED: dict[Language, dict[str, str]] = {
    "en": {
        "one": "This file did not fit into the e-mail. You can download it until {date}:",
        "several": "These files did not fit into the e-mail. You can download them until {date}:",
    },
    "ru": {
        "one": "Этот файл не поместился в письмо. Его можно скачать по ссылке до {date} включительно:",
        "several": "Эти файлы не поместились в письмо. Их можно скачать по ссылкам до {date} включительно:",
    },
    "pl": {
        "one": "Ten plik nie zmieścił się w wiadomości. Można go pobrać do {date} włącznie:",
        "several": "Te pliki nie zmieściły się w wiadomości. Można je pobrać do {date} włącznie:",
    },
}
"""Before links in the place of files."""

KEPT: dict[Language, dict[str, str]] = {
    "en": {
        "one": "This file did not fit into the e-mail; it is kept on the ticket:",
        "several": "These files did not fit into the e-mail; they are kept on the ticket:",
    },
    "ru": {
        "one": "Этот файл не поместился в письмо, он сохранён в обращении:",
        "several": "Эти файлы не поместились в письмо, они сохранены в обращении:",
    },
    "pl": {
        "one": "Ten plik nie zmieścił się w wiadomości; jest zachowany w zgłoszeniu:",
        "several": "Te pliki nie zmieściły się w wiadomości; są zachowane w zgłoszeniu:",
    },
}
"""Likewise, where there are no links."""

UNITS: dict[Language, tuple[str, ...]] = {
    "en": ("B", "KB", "MB", "GB"),
    "ru": ("Б", "КБ", "МБ", "ГБ"),
    "pl": ("B", "KB", "MB", "GB"),
}
"""Of a file's size, each a thousand of the one before."""

CONFIRMATION: dict[Language, dict[str, str]] = {
    "en": {
        "asks": "{author} asks whether mail may be forwarded to {gateway}. If you have asked for that, confirm it:",
        "code": "Code: {code}",
        "link": "Link: {link}",
        "unproven": "Nothing proves that this message is from whom it says: use it only if you are waiting for it.",
        "below": "The message itself:",
    },
    "ru": {
        "asks": "{author} спрашивает, можно ли пересылать почту на {gateway}. Если вы это настраивали, подтвердите:",
        "code": "Код: {code}",
        "link": "Ссылка: {link}",
        "unproven": "Отправитель этого письма не подтверждён: пользуйтесь им, только если ждали его.",
        "below": "Само письмо:",
    },
    "pl": {
        "asks": "{author} pyta, czy poczta może być przekazywana na {gateway}. Jeśli to Ty o to prosisz, potwierdź:",
        "code": "Kod: {code}",
        "link": "Link: {link}",
        "unproven": "Nic nie dowodzi, kto wysłał tę wiadomość: użyj jej tylko, jeśli na nią czekasz.",
        "below": "Sama wiadomość:",
    },
}
"""On top of a provider's question whether it may forward mail here."""

PROBE: dict[Language, dict[str, str]] = {
    "en": {
        "subject": "Checking the forwarding of {address}",
        "text": """{desk} checks whether mail to {address} is forwarded to its support desk, where it is to become tickets.

There is nothing for you to do. If this message stays in your mailbox, forwarding is not switched on there, or it keeps a copy.""",
    },
    "ru": {
        "subject": "Проверка пересылки с {address}",
        "text": """{desk} проверяет, пересылается ли почта с адреса {address} в службу поддержки, где она становится обращениями.

Делать ничего не нужно. Если письмо осталось в вашем ящике, значит, пересылка там не включена или ящик сохраняет копии.""",
    },
    "pl": {
        "subject": "Sprawdzenie przekazywania z {address}",
        "text": """{desk} sprawdza, czy poczta na adres {address} jest przekazywana do pomocy technicznej, gdzie powstają z niej zgłoszenia.

Nie musisz nic robić. Jeśli ta wiadomość została w Twojej skrzynce, przekazywanie nie jest tam włączone albo skrzynka zachowuje kopie.""",
    },
}
"""The letter that shows whether forwarding works, for whoever reads the mailbox."""

FORWARDING: dict[Language, dict[str, str]] = {
    "en": {
        "silent": "The last check, sent on {at} UTC, has not come back within {minutes} minutes.",
        "returned": "The last check, sent on {at} UTC, could not be delivered: {reply}",
        "unsent": "The last check, written on {at} UTC, could not be sent yet: {reply}",
        "hidden": "It comes, but as a forward: {author} stands in From, so that all clients look like one.",
        "unrouted": "It comes, but nothing in it names one of our addresses, so that it becomes no ticket.",
        "works": "The last check came back after {seconds} s.",
    },
    "ru": {
        "silent": "Последняя проверка, отправленная {at} UTC, не вернулась за {minutes} мин.",
        "returned": "Последнюю проверку, отправленную {at} UTC, доставить не удалось: {reply}",
        "unsent": "Последнюю проверку, составленную {at} UTC, пока не удалось отправить: {reply}",
        "hidden": "Почта приходит, но пересланной от имени самого ящика: в поле From стоит {author}, и все клиенты выглядят как один.",
        "unrouted": "Почта приходит, но в ней не указан ни один наш адрес, и обращение не создаётся.",
        "works": "Последняя проверка вернулась через {seconds} с.",
    },
    "pl": {
        "silent": "Ostatnie sprawdzenie, wysłane {at} UTC, nie wróciło w ciągu {minutes} min.",
        "returned": "Ostatniego sprawdzenia, wysłanego {at} UTC, nie udało się dostarczyć: {reply}",
        "unsent": "Ostatniego sprawdzenia, napisanego {at} UTC, nie udało się jeszcze wysłać: {reply}",
        "hidden": "Poczta przychodzi, ale jako przesłana dalej: w polu From stoi {author}, więc wszyscy klienci wyglądają na jednego.",
        "unrouted": "Poczta przychodzi, ale nic w niej nie wskazuje na żaden nasz adres, więc nie powstaje z niej zgłoszenie.",
        "works": "Ostatnie sprawdzenie wróciło po {seconds} s.",
    },
}
"""What agents are told of how forwarding fares."""

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
