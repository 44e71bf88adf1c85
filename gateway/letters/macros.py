"""Every macro that a template may use, and the names that Creatio gives them. docs/letters.md says what each one is."""

from typing import Final, Literal

Kind = Literal["text", "number", "moment", "flag", "list", "record"]
"""What a macro stands for. Text, numbers and moments can be printed; a flag can be asked for; a list can be gone through."""

MACROS: Final[dict[str, Kind]] = {
    "ticket.number": "number",
    "ticket.subject": "text",
    "ticket.status": "text",
    "ticket.priority": "text",
    "ticket.category": "text",
    "ticket.tags": "list",
    "ticket.tags[]": "text",
    "ticket.created": "moment",
    "client.name": "text",
    "client.address": "text",
    "client.named": "text",
    "agent.name": "text",
    "agent.address": "text",
    "agent.named": "text",
    "assignee.name": "text",
    "assignee.address": "text",
    "assignee.named": "text",
    "author.name": "text",
    "author.address": "text",
    "author.named": "text",
    "department.name": "text",
    "desk.name": "text",
    "gateway.name": "text",
    "gateway.address": "text",
    "article.text": "text",
    "article.files": "list",
    "article.files[]": "text",
    "article.verified": "flag",
    "latest.text": "text",
    "latest.author": "text",
    "latest.files": "list",
    "latest.files[]": "text",
    "rating.scale": "text",
    "rating.levels": "list",
    "rating.levels[].name": "text",
    "rating.levels[].symbol": "text",
    "rating.levels[].score": "number",
    "rating.levels[].url": "text",
    "rating.level": "text",
    "rating.score": "number",
    "rating.comment": "text",
    "event": "text",
    "news": "text",
    "audience": "text",
    "language": "text",
    "link": "text",
    "code": "text",
    "why": "text",
    "report.what": "text",
    "report.returned": "list",
    "report.returned[].address": "text",
    "report.returned[].said": "text",
    "report.returned[].meaning": "text",
    "report.returned[].advice": "text",
    "receipt.refused": "list",
    "receipt.refused[].line": "text",
    "receipt.refused[].why": "text",
    "receipt.done": "list",
    "receipt.done[]": "text",
    "receipt.help": "list",
    "receipt.help[].usage": "text",
    "receipt.help[].meaning": "text",
    "receipt.withheld": "flag",
    "receipt.left_out": "flag",
    "receipt.passed_on": "flag",
    "receipt.returned": "list",
    "receipt.returned[].address": "text",
    "receipt.returned[].since": "moment",
    "receipt.returned[].why": "text",
    "notices": "list",
    "notices[].number": "number",
    "notices[].subject": "text",
    "notices[].what": "text",
    "notices[].by": "text",
    "notices[].at": "moment",
}
"""`[]` stands for each item of the list before it."""

LOOP: Final[dict[str, Kind]] = {"loop.index": "number", "loop.length": "number", "loop.first": "flag", "loop.last": "flag"}
"""What else there is within `{% for %}`."""

SEVERAL_LINES: Final = frozenset({"article.text", "latest.text", "rating.comment", "why"})

CREATIO: Final[dict[str, str]] = {
    **dict.fromkeys(("number", "номер", "numer"), "ticket.number"),
    **dict.fromkeys(("subject", "тема", "temat"), "ticket.subject"),
    **dict.fromkeys(("status", "состояние", "статус", "stan"), "ticket.status"),
    **dict.fromkeys(("priority", "приоритет", "priorytet"), "ticket.priority"),
    **dict.fromkeys(("category", "категория", "kategoria"), "ticket.category"),
    **dict.fromkeys(("registeredon", "registered on", "registration date", "createdon"), "ticket.created"),
    **dict.fromkeys(("дата регистрации", "data rejestracji"), "ticket.created"),
    **dict.fromkeys(("contact", "контакт", "kontakt", "contact.name", "контакт.фио"), "client.name"),
    **dict.fromkeys(("contact.email", "контакт.email", "kontakt.email"), "client.address"),
    **dict.fromkeys(("owner", "assignee", "ответственный", "właściciel", "osoba odpowiedzialna", "owner.name"), "assignee.name"),
    **dict.fromkeys(("owner.email", "assignee.email", "ответственный.email", "właściciel.email"), "assignee.address"),
    **dict.fromkeys(("group", "assignees group", "группа ответственных", "grupa odpowiedzialnych"), "department.name"),
    **dict.fromkeys(("symptoms", "description", "описание", "opis", "@invoke.symptomsgenerator"), "article.text"),
    **dict.fromkeys(("support email", "адрес поддержки", "adres pomocy"), "gateway.address"),
    **dict.fromkeys(("rating", "оценка", "ocena"), "rating.scale"),
    "@invoke.estimatelinksgenerator": "rating.scale",
    **dict.fromkeys(("satisfaction level", "уровень удовлетворенности", "poziom zadowolenia"), "rating.level"),
}
"""`[#Number#]` → `ticket.number`, compared without case. Any macro's own name can be written that way too."""


def creatio_macro(name: str) -> str | None:
    """What stands between `[#` and `#]`, as a macro of ours."""
    plain = " ".join(name.split()).casefold()
    return plain if plain in MACROS and MACROS[plain] != "list" else CREATIO.get(plain)


def kind_of(path: str) -> Kind | None:
    """None where there is no such macro."""
    known = LOOP.get(path) if path.startswith("loop.") else MACROS.get(path)
    if known is None and any(each.startswith(f"{path}.") for each in MACROS):
        return "record"
    return known
