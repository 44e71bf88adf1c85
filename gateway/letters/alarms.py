"""What operators read of an alarm: in one line, and in a letter. English is also what log, `status` and metrics' rules say.

Adding a language: here.
"""

from dataclasses import dataclass
from typing import Final

from gateway.domain.alarms import Alarm, Amiss
from gateway.domain.letter import one_line
from gateway.domain.organisation import Language


@dataclass(frozen=True, slots=True)
class Words:
    """`up` is a line, in which what was found is filled in; `over` the line when that has passed; `remedy` says what to do."""

    up: str
    over: str
    remedy: str


def in_short(amiss: Amiss, language: Language = "en") -> str:
    told = {name: one_line(value) if isinstance(value, str) else value for name, value in amiss.told.items()}
    return WORDS[language][amiss.alarm].up.format(**told)


def subject(alarm: Alarm, amiss: Amiss | None, desk: str, language: Language) -> str:
    """`amiss` is None where it is over."""
    frame = FRAME[language]
    if amiss is None:
        return frame["over"].format(desk=one_line(desk), line=WORDS[language][alarm].over)
    return frame["up"].format(desk=one_line(desk), line=in_short(amiss, language)[:LONGEST_SUBJECT])


def text(alarm: Alarm, amiss: Amiss | None, host: str, language: Language) -> str:
    frame, words = FRAME[language], WORDS[language][alarm]
    if amiss is None:
        return "\n\n".join((f"{words.over}.", frame["signed"].format(alarm=alarm, host=host)))
    remedy = words.remedy.format(**{"command": ""} | amiss.told)
    return "\n\n".join((f"{in_short(amiss, language)}.", remedy, frame["once"], frame["signed"].format(alarm=alarm, host=host)))


LONGEST_SUBJECT: Final = 200

FRAME: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "up": "{desk}: {line}",
        "over": "{desk}: over – {line}",
        "once": "While this lasts you are told once a day, and once more when it is over.",
        "signed": "Alarm {alarm} of Deskgate on {host}; docs/monitoring.md says more.",
    },
    "ru": {
        "up": "{desk}: {line}",
        "over": "{desk}: прошло – {line}",
        "once": "Пока это продолжается, мы пишем раз в сутки, и ещё раз, когда всё пройдёт.",
        "signed": "Тревога {alarm} службы Deskgate на {host}; подробнее — в docs/monitoring.md.",
    },
    "pl": {
        "up": "{desk}: {line}",
        "over": "{desk}: minęło – {line}",
        "once": "Dopóki to trwa, piszemy raz na dobę i jeszcze raz, gdy minie.",
        "signed": "Alarm {alarm} usługi Deskgate na {host}; więcej w docs/monitoring.md.",
    },
}

WORDS: Final[dict[Language, dict[Alarm, Words]]] = {
    "en": {
        Alarm.HELD_MAIL: Words(
            "held mail waits for a person: {number} in all, the oldest for {hours} h",
            "no held mail waits too long any more",
            "See it with `deskgate inbound list --state held`, and sort it with `deskgate inbound assign` or `deskgate inbound discard`.",
        ),
        Alarm.BURIED_MAIL: Words(
            "mail failed every attempt within the last day: {number}",
            "no more mail failed within the last day",
            "Its bytes are kept. See it with `deskgate inbound list --state buried`; when the cause is mended, `deskgate inbound replay`.",
        ),
        Alarm.PIPELINE_STALLED: Words(
            "mail that came in is not worked on: message {number} has been due for {minutes} min",
            "mail that came in is worked on again",
            "Mail is kept and will be made into tickets. Look whether intake runs (`/readyz`, the log) and whether the database answers.",
        ),
        Alarm.SENDING_STALLED: Words(
            "letters are not sent: letter {number} has been due for {minutes} min",
            "letters are sent again",
            "Letters are kept and will be sent. Look whether a sender runs (the log), and at `deskgate outbox list --state queued`.",
        ),
        Alarm.SENDING_PAUSED: Words(
            "sending has been paused for {hours} h, and letters wait: {number} ({why})",
            "sending is no longer paused",
            "`{command}` lets letters go.",
        ),
        Alarm.DESTINATION_DOWN: Words(
            "{name} has not taken letters for {hours} h, and they wait: {number} ({error})",
            "letters are taken again",
            "`deskgate status` has the last answer. Letters leave by themselves once it is mended, or by `deskgate outbox retry` at once.",
        ),
        Alarm.WEBHOOK_DISABLED: Words(
            "a webhook was disabled, and hears nothing of tickets any more: {which}",
            "no webhook is disabled any more",
            "What it was not told is kept. Mend it, try it with `deskgate webhooks test`, then `{command}`, which says how it hears of "
            "what it missed.",
        ),
        Alarm.OLD_TRANSACTION: Words(
            "a transaction on the database has been open for {minutes} min ({who}), and keeps old rows from being cleared away",
            "no transaction on the database is open for too long any more",
            "Tables grow meanwhile, and everything slows down. Find it in pg_stat_activity or pg_prepared_xacts, and end it.",
        ),
    },
    "ru": {
        Alarm.HELD_MAIL: Words(
            "задержанная почта ждёт человека: всего писем — {number}, самое старое — {hours} ч",
            "задержанная почта больше не ждёт слишком долго",
            "Список: `deskgate inbound list --state held`; разобрать: `deskgate inbound assign` или `deskgate inbound discard`.",
        ),
        Alarm.BURIED_MAIL: Words(
            "за последние сутки не удалось обработать писем: {number}",
            "за последние сутки необработанных писем больше нет",
            "Сами письма сохранены. Список: `deskgate inbound list --state buried`; устранив причину — `deskgate inbound replay`.",
        ),
        Alarm.PIPELINE_STALLED: Words(
            "пришедшая почта не обрабатывается: письмо {number} ждёт уже {minutes} мин",
            "пришедшая почта снова обрабатывается",
            "Письма сохранены и станут обращениями. Проверьте, работает ли intake (`/readyz`, журнал) и отвечает ли база данных.",
        ),
        Alarm.SENDING_STALLED: Words(
            "письма не отправляются: письмо {number} ждёт уже {minutes} мин",
            "письма снова отправляются",
            "Письма сохранены и уйдут. Проверьте, работает ли sender (журнал), и `deskgate outbox list --state queued`.",
        ),
        Alarm.SENDING_PAUSED: Words(
            "отправка приостановлена уже {hours} ч, ждут писем: {number} ({why})",
            "отправка больше не приостановлена",
            "Отпустить письма: `{command}`.",
        ),
        Alarm.DESTINATION_DOWN: Words(
            "{name} не принимает письма уже {hours} ч, ждут: {number} ({error})",
            "письма снова принимаются",
            "Последний ответ — в `deskgate status`. Когда всё исправлено, письма уйдут сами; сразу — `deskgate outbox retry`.",
        ),
        Alarm.WEBHOOK_DISABLED: Words(
            "вебхук отключён и больше не узнаёт о событиях обращений: {which}",
            "отключённых вебхуков больше нет",
            "Недоставленное сохранено. Устраните причину, проверьте командой `deskgate webhooks test`, затем выполните `{command}`: "
            "она подскажет, как дослать пропущенное.",
        ),
        Alarm.OLD_TRANSACTION: Words(
            "транзакция в базе данных открыта уже {minutes} мин ({who}) и не даёт убирать старые строки",
            "слишком долгих транзакций в базе данных больше нет",
            "Таблицы тем временем растут, и всё замедляется. Найдите её в pg_stat_activity или pg_prepared_xacts и завершите.",
        ),
    },
    "pl": {
        Alarm.HELD_MAIL: Words(
            "wstrzymana poczta czeka na człowieka: łącznie {number}, najstarsza od {hours} godz.",
            "wstrzymana poczta nie czeka już zbyt długo",
            "Lista: `deskgate inbound list --state held`; uporządkuj przez `deskgate inbound assign` lub `deskgate inbound discard`.",
        ),
        Alarm.BURIED_MAIL: Words(
            "w ciągu ostatniej doby nie udało się przetworzyć wiadomości: {number}",
            "w ciągu ostatniej doby nie ma już nieprzetworzonych wiadomości",
            "Same wiadomości są zachowane. Lista: `deskgate inbound list --state buried`; po naprawie: `deskgate inbound replay`.",
        ),
        Alarm.PIPELINE_STALLED: Words(
            "poczta, która przyszła, nie jest przetwarzana: wiadomość {number} czeka już {minutes} min",
            "poczta, która przyszła, jest znów przetwarzana",
            "Wiadomości są zachowane i staną się zgłoszeniami. Sprawdź, czy działa intake (`/readyz`, dziennik) i czy baza odpowiada.",
        ),
        Alarm.SENDING_STALLED: Words(
            "listy nie są wysyłane: list {number} czeka już {minutes} min",
            "listy są znów wysyłane",
            "Listy są zachowane i zostaną wysłane. Sprawdź, czy działa sender (dziennik), oraz `deskgate outbox list --state queued`.",
        ),
        Alarm.SENDING_PAUSED: Words(
            "wysyłanie jest wstrzymane od {hours} godz., czeka listów: {number} ({why})",
            "wysyłanie nie jest już wstrzymane",
            "Listy wypuszcza `{command}`.",
        ),
        Alarm.DESTINATION_DOWN: Words(
            "{name} nie przyjmuje listów od {hours} godz., czeka ich: {number} ({error})",
            "listy są znów przyjmowane",
            "Ostatnia odpowiedź jest w `deskgate status`. Po naprawie listy wyjdą same; od razu: `deskgate outbox retry`.",
        ),
        Alarm.WEBHOOK_DISABLED: Words(
            "webhook został wyłączony i nie dowiaduje się już o zdarzeniach w zgłoszeniach: {which}",
            "żaden webhook nie jest już wyłączony",
            "Niedoręczone zdarzenia są zachowane. Usuń przyczynę, sprawdź poleceniem `deskgate webhooks test`, a potem wykonaj "
            "`{command}` — podpowie, jak dosłać pominięte.",
        ),
        Alarm.OLD_TRANSACTION: Words(
            "transakcja w bazie danych jest otwarta od {minutes} min ({who}) i nie pozwala usuwać starych wierszy",
            "w bazie danych nie ma już zbyt długich transakcji",
            "Tabele tymczasem rosną i wszystko zwalnia. Znajdź ją w pg_stat_activity lub pg_prepared_xacts i zakończ.",
        ),
    },
}
