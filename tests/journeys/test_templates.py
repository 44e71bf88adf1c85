"""Letters in words of one's own (C4, C6): the operator's directory, macros, hostile mail, the check, the export and the preview."""

import html
import signal
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from tests.journeys.lending import Lender
from tests.journeys.running import Running, deskgate, letter, reply_to

DANA = "Dana Agent <dana@staff.test>"
HOSTILE = "{{7*7}}{% for x in range(9) %}[#Number#] ${7*7} <%= 7*7 %> {# no #} %s {desk.secret} <script>alert(1)</script>"


def letters_in(folder: Path) -> str:
    return f"[templates]\ndirectory = '{folder / 'letters'}'"


def write(folder: Path, **files: str) -> None:
    """`en__registered_txt` is `letters/en/registered.txt`."""
    for name, source in files.items():
        language, stem, ending = name.split("__")
        path = folder / "letters" / language / f"{stem.replace('_DOT_', '.')}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")


EVERY_FIELD = """Subject: Got it: [#Subject#]

Dear {{ client.name }} ({{ client.address }}), number [#Number#], also {{ ticket.number }}.
Subject: {{ ticket.subject }}
Status: {{ ticket.status }}, priority {{ ticket.priority }}, category {{ ticket.category or "none" }}
Made: {{ ticket.created | date("long") }}
In {{ department.name }}, at {{ gateway.name }} <{{ gateway.address }}>, of {{ desk.name }}; [#Contact#]; [#support email#]
Words: {{ article.text }}
Files: {{ article.files | join(", ") }}
{{ ticket.number }} {{ ticket.number | plural("ticket", "tickets") }} {{ 1234567 | number }}
"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><style>p { color: #123456 } @media (max-width: 480px) { p { font-size: 18px } }</style></head>
<body><p title="{{ ticket.subject }}">Hello {{ client.name }}, [#Number#]</p><div>{{ article.text | lines }}</div></body></html>
"""


async def test_an_operators_words_are_sent_and_a_hostile_mail_is_quoted_as_typed(lend: Lender, tmp_path: Path) -> None:
    write(tmp_path, en__registered__txt=EVERY_FIELD, en__registered__html=PAGE, en__new_ticket__txt=EVERY_FIELD, en__agent_reply__html=PAGE)
    trust = 'agent_authentication = "token"\nrelays = ["127.0.0.1"]\nauthserv_id = "mx.relay.test"'
    async with lend(tables=letters_in(tmp_path), trust=trust) as gateway:
        author = '"{{7*7}} [#Number#]" <anna@client.test>'
        mail = letter(author, "sales@desk.test", f"Re: {HOSTILE}", f"{HOSTILE}\n[#Contact#] {{{{ desk.secret }}}}")
        mail.add_attachment(b"x", maintype="application", subtype="octet-stream", filename="{{7*7}}.bin")
        proven = b"Authentication-Results: mx.relay.test; spf=pass smtp.mailfrom=client.test\n" + mail.as_bytes()
        row = await gateway.take(proven, "sales@desk.test", reverse_path="anna@client.test")
        assert row["outcome"] == "ticket"
        [registered] = await gateway.letters_to("anna@client.test")
        [notified] = await gateway.letters_to("dana@staff.test")
        for got in (registered, notified):
            assert got.subject.startswith("Got it: {{7*7}}{% for x in range(9) %}[#Number#] ${7*7}"), got.subject
            assert got.subject.endswith("[#1]")
            assert "Dear {{7*7}} [#Number#] (anna@client.test), number 1, also 1." in got.text
            assert f"Subject: {HOSTILE[:90]}" in got.text
            assert "Status: new, priority normal, category none" in got.text.replace("New", "new").replace("Normal", "normal")
            assert "In Sales, at Sales Team <sales@desk.test>, of Example Desk; {{7*7}} [#Number#]; sales@desk.test" in got.text
            assert "1 ticket 1,234,567" in got.text
            assert f"Words: {HOSTILE}\n[#Contact#] {{{{ desk.secret }}}}" in got.text
            assert "Files: {{7*7}}.bin" in got.text
            for computed in ("49", "a secret of the journeys"):
                assert computed not in got.text.replace("1,234,567", "")
        body = registered.message.get_body(("html",))
        assert body is not None
        source = body.get_content()
        assert not LexborHTMLParser(source).css("script")
        assert html.escape("<script>alert(1)</script>", quote=False) in source
        assert "Hello {{7*7}} [#Number#], 1" in html.unescape(source)
        assert 'style="color:#123456' in source.replace(": #", ":#"), "style goes onto the elements"
        assert "@media" in source
        # What has no template of the operator's is written in the built-in words; the reply has a plain twin of its HTML.
        await gateway.take(reply_to(notified, DANA, f"See {HOSTILE}"))
        reply = (await gateway.letters_to("anna@client.test", 2))[-1]
        assert f"See {HOSTILE}" in " ".join(reply.text.split())
        assert "Hello {{7*7}} [#Number#], 1" in reply.text
        await gateway.take(letter("bob@client.test", "help@desk.test", "Принтер", "Горит."))
        [russian] = await gateway.letters_to("bob@client.test")
        assert "Got it" not in russian.subject


async def test_an_unproven_authors_words_are_not_repeated_by_any_template(lend: Lender, tmp_path: Path) -> None:
    """X6: letters to unauthenticated authors repeat none of their words but the subject, cut at 100 characters."""
    write(tmp_path, en__registered__txt=EVERY_FIELD)
    async with lend(tables=letters_in(tmp_path)) as gateway:
        mail = letter(
            '"Buy Gold at gold.test" <victim@client.test>', "sales@desk.test", "Buy " + "gold " * 60, "Go to http://gold.test now"
        )
        mail.add_attachment(b"x", maintype="application", subtype="octet-stream", filename="gold.test.pdf")
        await gateway.take(mail, "sales@desk.test", reverse_path="victim@client.test")
        [registered] = await gateway.letters_to("victim@client.test")
        assert "gold.test" not in registered.content.decode("utf-8", "replace")
        assert "Buy Gold" not in str(registered.message["To"])
        assert len(registered.subject.removeprefix("Got it: ").removesuffix(" [#1]")) <= 100


FAULTY = {
    # Each under the name of an event, with what is to be said of it.
    "registered": ("Subject: Two\n\nHello\n{{ client.nmae }}\n", ("client.nmae", "line 4", "client.name")),
    "resolved": ("Subject: Two\n\n[#Numbr#]\n", ("Numbr", "line 3")),
    "closed": ("Subject: Two\n\n{% if false %}{{ nothing.here }}{% endif %}\n", ("nothing",)),
    "cancelled": ("Hello\n", ("Subject",)),
    "reopened": ("Subject: Two\n\n{{ client.name.upper() }}\n", ("line 3",)),
    "assigned": ("Subject: Two\n\n{{ ''.__class__.__mro__ }}\n", ("__class__",)),
    "new_ticket": ("Subject: Two\n\n{% include '/etc/passwd' %}\n", ("include",)),
    "client_reply": ("Subject: Two\n\n{{ 'x' * 10**9 }}\n", ("line 3",)),
    "agent_reply": ("Subject: Two\n\n{% if client.name %}\n", ()),
    "in_progress": ("Subject: Two {{ nil }}\nBcc: eve@x.test\n\nHello\n", ("nil", "line 1")),
}


async def check(gateway: Running) -> tuple[int, str]:
    status, out, err = await gateway.command("check")
    return status, out + err


async def test_faults_are_named_by_the_check_and_keep_a_running_service_as_it_was(lend: Lender, tmp_path: Path) -> None:
    write(tmp_path, en__registered__txt="Subject: One\n\nFirst words, {{ client.name }}.\n")
    async with lend(tables=letters_in(tmp_path)) as gateway:
        assert (await check(gateway))[0] == 0
        for name, (source, _) in FAULTY.items():
            write(tmp_path, **{f"en__{name}__txt": source})
        status, said = await check(gateway)
        assert status == 2
        for name, (_, words) in FAULTY.items():
            told = [line for line in said.splitlines() if f"en/{name}.txt" in line]
            assert told, f"{name}: {said}"
            assert [each for each in words if each not in "\n".join(told)] == [], told
        # SIGHUP changes nothing, and says why.
        gateway.process.signal(signal.SIGHUP)
        await gateway.process.logged("en/in_progress.txt")
        await gateway.take(letter("anna@client.test", "sales@desk.test", "One"))
        [got] = await gateway.letters_to("anna@client.test")
        assert "First words" in got.text
        for path in (tmp_path / "letters" / "en").iterdir():
            path.unlink()
        write(tmp_path, en__registered__txt="Subject: Three\n\nLast words.\n")
        await gateway.process.reload()
        await gateway.take(letter("bob@client.test", "sales@desk.test", "Two"))
        [got] = await gateway.letters_to("bob@client.test")
        assert "Last words" in got.text
        # Nor does a service start on faults.
        write(tmp_path, en__registered__txt="Subject: Two\n\n{{ client.nmae }}\n")
        status, _, err = await deskgate("serve", "--config", str(gateway.config))
        assert (status, "client.nmae" in err) == (2, True)


async def test_the_built_in_words_are_exported_for_editing_and_previewed_on_a_ticket(lend: Lender, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    async with lend(tables=letters_in(tmp_path)) as gateway:
        await gateway.take(letter("Anna <anna@client.test>", "sales@desk.test", "Printer {{7*7}}", "It burns."))
        [registered] = await gateway.letters_to("anna@client.test")
        directory = str(tmp_path / "letters")
        status, _, err = await gateway.command("templates", "export", directory)
        assert status == 0, err
        exported = {str(path.relative_to(directory)) for path in Path(directory).rglob("*.txt")}
        events = (
            "registered in_progress resolved closed cancelled reopened assigned new_ticket client_reply agent_reply note failed_delivery"
        )
        assert {f"{language}/{name}.txt" for language in ("en", "ru", "pl") for name in events.split()} <= exported
        assert (await check(gateway))[0] == 0, "what is exported is without fault"

        status, preview, err = await gateway.command("templates", "preview", "registered", "--ticket", "1")
        assert status == 0, err
        subject, _, text = preview.partition("\n\n")
        assert subject == f"Subject: {registered.subject}"
        assert "registered it as ticket #1" in text

        own = tmp_path / "letters" / "en" / "resolved.txt"
        own.write_text("Subject: Done\n\n[#Number#] is done, {{ client.name }}: {{ ticket.subject }}\n\n{{ rating.scale }}\n", "utf-8")
        status, _, err = await gateway.command("templates", "export", directory)
        assert (status, "Subject: Done" in own.read_text("utf-8")) == (0, True), "export adds, and never overwrites"
        status, preview, err = await gateway.command("templates", "preview", "resolved", "--ticket", "1")
        assert "1 is done, Anna: Printer {{7*7}}" in preview
        assert "/rate/" in preview
        status, preview, err = await gateway.command("templates", "preview", "resolved", "--ticket", "1", "--language", "pl", "--html")
        assert "<html" in preview
        assert (await gateway.command("templates", "preview", "resolved", "--ticket", "99"))[0] == 1
        assert (await gateway.command("templates", "preview", "nonsense", "--ticket", "1"))[0] == 1
        await gateway.quiet()
        assert len(gateway.relay.messages) == 2, "a preview sends nothing"
