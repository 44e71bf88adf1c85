"""What pages say, by language. Adding a language: here."""

from dataclasses import dataclass

from gateway.domain.language import Language


@dataclass(frozen=True, slots=True)
class Notice:
    """A page that only tells something."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """Names in braces are filled in."""

    title: str
    ask: str
    request: str
    earlier: str
    comment: str
    comment_hint: str
    comment_too_long: str
    choose: str
    send: str
    thanks: str
    recorded: str
    reopened: str
    change_until: str
    expired: Notice
    used_up: Notice
    gone: Notice
    unknown: Notice
    too_often: Notice
    unreadable: Notice
    away: Notice


LONGEST_COMMENT = 2000

WORDS: dict[Language, Words] = {
    "en": Words(
        title="How did we do?",
        ask="How satisfied are you with our help?",
        request="Request #{number}",
        earlier="You chose “{level}” on {date}. You can change it here.",
        comment="Your comment",
        comment_hint="If you like: what was good, what could be better? Up to 2,000 characters.",
        comment_too_long="The comment is too long. Please keep it within 2,000 characters.",
        choose="Please choose one of these.",
        send="Send rating",
        thanks="Thank you!",
        recorded="We have noted your rating: {level}.",
        reopened="Your request is open again, and we will take another look at it.",
        change_until="You can change it by the same link until {date}.",
        expired=Notice(
            "This link is no longer valid",
            "The time for this rating is over. If there is something that you would like to tell us, simply reply to our e-mail.",
        ),
        used_up=Notice(
            "You have already rated this request",
            "Thank you. The rating can no longer be changed. If there is something more to say, simply reply to our e-mail.",
        ),
        gone=Notice("This request is no longer here", "It cannot be rated any more."),
        unknown=Notice(
            "This link does not work",
            "It is incomplete or was altered on its way. Please open it from our e-mail once more, or simply reply to that e-mail.",
        ),
        too_often=Notice("Too many requests", "Please try again in a little while. Nothing was recorded just now."),
        unreadable=Notice("This could not be read", "Nothing was recorded. Please go back, shorten your comment and try again."),
        away=Notice("We cannot take your rating right now", "Nothing was recorded. Please try again in a few minutes."),
    ),
    "ru": Words(
        title="Как мы справились?",
        ask="Насколько вы довольны нашей помощью?",
        request="Обращение № {number}",
        earlier="Ваша оценка от {date}: «{level}». Здесь её можно изменить.",
        comment="Комментарий",
        comment_hint="По желанию: что понравилось, что можно улучшить? До 2000 знаков.",
        comment_too_long="Комментарий слишком длинный. Пожалуйста, уложитесь в 2000 знаков.",
        choose="Пожалуйста, выберите один из вариантов.",
        send="Отправить оценку",
        thanks="Спасибо!",
        recorded="Ваша оценка принята: {level}.",
        reopened="Обращение снова открыто, мы займёмся им ещё раз.",
        change_until="Изменить оценку можно по той же ссылке до {date} включительно.",
        expired=Notice(
            "Ссылка больше не действует",
            "Срок для этой оценки истёк. Если вы хотите что-то нам сказать, просто ответьте на наше письмо.",
        ),
        used_up=Notice(
            "Вы уже оценили это обращение",
            "Спасибо. Изменить оценку больше нельзя. Если вы хотите что-то добавить, просто ответьте на наше письмо.",
        ),
        gone=Notice("Этого обращения больше нет", "Оценить его уже нельзя."),
        unknown=Notice(
            "Ссылка не работает",
            "Она неполная или изменилась по дороге. Пожалуйста, откройте её ещё раз из нашего письма или просто ответьте на него.",
        ),
        too_often=Notice("Слишком много запросов", "Пожалуйста, попробуйте немного позже. Сейчас ничего не записано."),
        unreadable=Notice("Не удалось прочитать", "Ничего не записано. Пожалуйста, вернитесь, сократите комментарий и попробуйте ещё раз."),
        away=Notice("Сейчас мы не можем принять оценку", "Ничего не записано. Пожалуйста, попробуйте через несколько минут."),
    ),
    "pl": Words(
        title="Jak nam poszło?",
        ask="Jak oceniasz naszą pomoc?",
        request="Zgłoszenie nr {number}",
        earlier="Twoja ocena z dnia {date}: „{level}”. Tutaj możesz ją zmienić.",
        comment="Komentarz",
        comment_hint="Nieobowiązkowo: co było dobre, a co można poprawić? Do 2000 znaków.",
        comment_too_long="Komentarz jest za długi. Zmieść się, proszę, w 2000 znaków.",
        choose="Wybierz jedną z odpowiedzi.",
        send="Wyślij ocenę",
        thanks="Dziękujemy!",
        recorded="Twoja ocena została zapisana: {level}.",
        reopened="Zgłoszenie jest znowu otwarte; zajmiemy się nim ponownie.",
        change_until="Ocenę możesz zmienić pod tym samym linkiem do {date} włącznie.",
        expired=Notice(
            "Ten link już nie działa",
            "Czas na tę ocenę minął. Jeśli chcesz nam coś przekazać, po prostu odpowiedz na naszą wiadomość.",
        ),
        used_up=Notice(
            "To zgłoszenie zostało już ocenione",
            "Dziękujemy. Oceny nie można już zmienić. Jeśli chcesz coś dodać, po prostu odpowiedz na naszą wiadomość.",
        ),
        gone=Notice("Tego zgłoszenia już nie ma", "Nie można go już ocenić."),
        unknown=Notice(
            "Ten link nie działa",
            "Jest niepełny albo zmienił się po drodze. Otwórz go jeszcze raz z naszej wiadomości albo po prostu na nią odpowiedz.",
        ),
        too_often=Notice("Zbyt wiele żądań", "Spróbuj za chwilę. Teraz nic nie zostało zapisane."),
        unreadable=Notice("Nie udało się tego odczytać", "Nic nie zostało zapisane. Wróć, skróć komentarz i spróbuj ponownie."),
        away=Notice("Nie możemy teraz przyjąć oceny", "Nic nie zostało zapisane. Spróbuj za kilka minut."),
    ),
}


def preferred(accepted: str, fallback: Language) -> Language:
    """The best of our languages for an `Accept-Language` field (RFC 9110 §12.5.4)."""
    weighed: list[tuple[float, int, Language]] = []
    for place, item in enumerate(accepted.split(",")[:20]):
        tag, _, weight = item.partition(";q=")
        primary = tag.strip().lower().partition("-")[0]
        known = next((each for each in WORDS if each == primary), None)
        if known is not None and (quality := quality_of(weight)) > 0:
            weighed.append((-quality, place, known))
    return min(weighed)[2] if weighed else fallback


def quality_of(weight: str) -> float:
    try:
        return min(1.0, float(weight)) if weight.strip() else 1.0
    except ValueError:
        return 0.0
