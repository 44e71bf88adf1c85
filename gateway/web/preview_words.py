"""What the preview's page says around a letter, by language. Adding a language: here."""

from dataclasses import dataclass

from gateway.domain.language import Language


@dataclass(frozen=True, slots=True)
class PreviewWords:
    """`audiences` by their key; names in braces are filled in."""

    language: Language
    title: str
    subject: str
    shown_in: str
    shown_to: str
    audiences: dict[str, str]
    html: str
    text: str
    not_sent: str
    faults: str
    over: str
    absent: str
    too_often: str


WORDS: dict[Language, PreviewWords] = {
    "en": PreviewWords(
        language="en",
        title="Preview of an e-mail",
        subject="Subject",
        shown_in="Language",
        shown_to="Reader",
        audiences={"client": "client", "participant": "others outside", "staff": "staff"},
        html="As HTML",
        text="As plain text",
        not_sent="This is the e-mail as it would be now. Nothing is sent, and its rating links rate nothing.",
        faults="The template cannot be used as it is; below is the e-mail that would go out instead.",
        over="This link does not work, or its hour is over. “deskgate templates preview” prints a new one.",
        absent="There is no such ticket or template any more.",
        too_often="Too many requests. Please try again in a little while.",
    ),
    "ru": PreviewWords(
        language="ru",
        title="Предпросмотр письма",
        subject="Тема",
        shown_in="Язык",
        shown_to="Читатель",
        audiences={"client": "клиент", "participant": "другие вне компании", "staff": "сотрудники"},
        html="В HTML",
        text="Простым текстом",
        not_sent="Так письмо выглядело бы сейчас. Ничего не отправляется, а ссылки для оценки ничего не оценивают.",
        faults="Шаблон в таком виде не годится; ниже письмо, которое ушло бы вместо него.",
        over="Ссылка не работает, или её час истёк. Новую напечатает команда «deskgate templates preview».",
        absent="Такого обращения или шаблона больше нет.",
        too_often="Слишком много запросов. Пожалуйста, попробуйте немного позже.",
    ),
    "pl": PreviewWords(
        language="pl",
        title="Podgląd wiadomości",
        subject="Temat",
        shown_in="Język",
        shown_to="Odbiorca",
        audiences={"client": "klient", "participant": "inni spoza firmy", "staff": "pracownicy"},
        html="Jako HTML",
        text="Jako zwykły tekst",
        not_sent="Tak wiadomość wyglądałaby teraz. Nic nie jest wysyłane, a linki do oceny niczego nie oceniają.",
        faults="Tego szablonu nie można użyć w tej postaci; poniżej wiadomość, która zostałaby wysłana zamiast niego.",
        over="Ten link nie działa albo jego godzina minęła. Nowy wypisze polecenie „deskgate templates preview”.",
        absent="Nie ma już takiego zgłoszenia albo szablonu.",
        too_often="Zbyt wiele żądań. Spróbuj za chwilę.",
    ),
}
