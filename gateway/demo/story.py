"""The mails of the demonstration, as the people's mail programs make them."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

CLIENT = "Анна Петрова <anna@client.test>"
CLIENT_ADDRESS = "anna@client.test"
AGENT = "Олег Смирнов <oleg@staff.test>"
AGENT_ADDRESS = "oleg@staff.test"
GATEWAY_ADDRESS = "help@desk.test"

CONFIG = """\
[server]
hostname = "mx.desk.test"
listen = ["127.0.0.1:0"]

[web]
listen = "127.0.0.1:0"

[database]
url = "embedded"
data_dir = "{folder}/data"

[trust]
agent_authentication = "token"  # one machine without DNS

[desk]
name = "Ромашка"
language = "ru"

[outbound]
relay = "directory:{folder}/outgoing"

[[department]]
key = "support"
name = "Поддержка"

[[gateway]]
address = "help@desk.test"
name = "Служба поддержки"
default = true

[[agent]]
name = "Олег Смирнов"
address = "oleg@staff.test"
language = "ru"
"""

QUESTION = """\
Здравствуйте!

Принтер на втором этаже не печатает: мигает красная лампочка.
Журнал прикладываю.

--\x20
Анна Петрова
"""
QUESTION_HTML = """\
<p>Здравствуйте!</p><p>Принтер на втором этаже не печатает: мигает <b style="color:red">красная</b> лампочка.<br>Журнал прикладываю.</p>
<p>-- <br>Анна Петрова</p>
"""
ANSWER = "Анна, добрый день!\n\nОткройте заднюю крышку и достаньте застрявший лист.\n\nОлег"
THANKS = "Получилось, спасибо большое!"


def question() -> EmailMessage:
    """Several parts and an attachment with a Russian name."""
    mail = begun(CLIENT, f"Служба поддержки <{GATEWAY_ADDRESS}>", "Принтер не печатает")
    mail.set_content(QUESTION, charset="koi8-r", cte="base64")
    mail.add_alternative(QUESTION_HTML, subtype="html")
    mail.add_attachment("16:02 бумага застряла\n".encode(), maintype="text", subtype="plain", filename="журнал принтера №2.txt")
    return mail


def answer_to(received: EmailMessage, author: str, words: str) -> EmailMessage:
    """A reply to Reply-To with the whole letter quoted below, as most programs write it."""
    mail = begun(author, str(received["Reply-To"] or received["From"]), f"Re: {received['Subject']}")
    mail["In-Reply-To"] = received["Message-ID"]
    mail["References"] = " ".join(filter(None, (received["References"], received["Message-ID"])))
    body = received.get_body(("plain",))
    quoted = "\n".join(f"> {line}" for line in (body.get_content() if body is not None else "").splitlines())
    mail.set_content(f"{words}\n\nсб, 21 нояб. 2026 г. в 12:00, {received['From']}:\n{quoted}\n")
    return mail


def begun(author: str, to: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = author, to, subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=author.rpartition("@")[2].rstrip(">"))
    return mail
