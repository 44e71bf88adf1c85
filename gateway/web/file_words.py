"""What pages say where a file's link leads to none, by language. Adding a language: here."""

from dataclasses import dataclass

from gateway.domain.language import Language
from gateway.web.words import Notice


@dataclass(frozen=True, slots=True)
class FileWords:
    unknown: Notice
    expired: Notice
    gone: Notice
    busy: Notice
    away: Notice


WORDS: dict[Language, FileWords] = {
    "en": FileWords(
        unknown=Notice(
            "This link does not work",
            "It is incomplete or was altered on its way. Please open it from our e-mail once more, or reply to that e-mail to ask for it.",
        ),
        expired=Notice(
            "This link is no longer valid",
            "The time for downloading this file is over. Please reply to the e-mail with the link, and we will send the file again.",
        ),
        gone=Notice(
            "This file is no longer here",
            "It has been deleted. If you still need it, please reply to the e-mail with the link.",
        ),
        busy=Notice("Too many downloads at the moment", "Please try again in a little while. The link stays valid."),
        away=Notice("That did not work just now", "Please try again in a few minutes. The link stays valid."),
    ),
    "ru": FileWords(
        unknown=Notice(
            "Ссылка не работает",
            "Она неполная или изменилась по дороге. Откройте её ещё раз из нашего письма или ответьте на него и попросите прислать файл.",
        ),
        expired=Notice(
            "Срок действия ссылки истёк",
            "Скачать этот файл больше нельзя. Ответьте на письмо, в котором была ссылка, и мы пришлём файл ещё раз.",
        ),
        gone=Notice(
            "Этого файла здесь больше нет",
            "Он удалён. Если файл вам всё ещё нужен, ответьте на письмо, в котором была ссылка.",
        ),
        busy=Notice("Сейчас слишком много скачиваний", "Пожалуйста, попробуйте немного позже. Ссылка остаётся действительной."),
        away=Notice("Сейчас не получилось", "Пожалуйста, попробуйте через несколько минут. Ссылка остаётся действительной."),
    ),
    "pl": FileWords(
        unknown=Notice(
            "Ten link nie działa",
            "Jest niepełny albo zmienił się po drodze. Otwórz go jeszcze raz z naszej wiadomości albo odpowiedz na nią i poproś o plik.",
        ),
        expired=Notice(
            "Ten link stracił ważność",
            "Czas na pobranie tego pliku minął. Odpowiedz na wiadomość, w której był link, a wyślemy plik jeszcze raz.",
        ),
        gone=Notice(
            "Tego pliku już tu nie ma",
            "Został usunięty. Jeśli nadal go potrzebujesz, odpowiedz na wiadomość, w której był link.",
        ),
        busy=Notice("W tej chwili jest zbyt wiele pobrań", "Spróbuj ponownie za chwilę. Link pozostaje ważny."),
        away=Notice("Tym razem się nie udało", "Spróbuj ponownie za kilka minut. Link pozostaje ważny."),
    ),
}
