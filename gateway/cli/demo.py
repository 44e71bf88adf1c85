"""`deskgate demo`: the story, told on the terminal."""

import argparse
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

from rich.text import Text

from gateway.app.database import opened
from gateway.cli.exits import Fail
from gateway.cli.output import block, console, shown
from gateway.cli.tickets import print_ticket
from gateway.config.convert import organisation
from gateway.config.load import at, load
from gateway.demo import story
from gateway.demo.stage import Stage, StageError, stage
from gateway.desk.views import ticket_document
from gateway.mail.encoded_words import decode_words
from gateway.telemetry import logs
from storage.engine import sessions
from storage.ticket_views import show_ticket

SHOWN_HEADERS = ("From", "To", "Subject", "Reply-To", "In-Reply-To", "Auto-Submitted")


async def demo(_options: argparse.Namespace) -> None:
    """On a database of its own, which is thrown away at the end."""
    logs.configure("text", process="demo", level=40)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="deskgate-demo-") as name:
        folder = Path(name)
        config = set_up(folder)
        try:
            await play(folder, config)
        except (StageError, TimeoutError) as error:
            raise Fail(f"the demonstration stopped: {error or 'something took too long'}") from error
    heading(f"That was the whole story, in {time.monotonic() - started:.0f} seconds.")
    print("To run it for real:")
    print("  1. cp config.example.toml config.toml, and put in your addresses and agents")
    print("  2. .venv/bin/deskgate check && .venv/bin/deskgate serve")
    print("  3. point the MX record, or a forwarding rule of your mailbox, at it (README.md, docs/operations.md)")


def set_up(folder: Path) -> Path:
    # PostgreSQL never runs as root; its own user has to pass through this folder.
    folder.chmod(0o711)
    config = folder / "config.toml"
    config.write_text(story.CONFIG.format(folder=folder), "utf-8")
    return config


async def play(folder: Path, config: Path) -> None:
    heading("1. The gateway starts, with a PostgreSQL of its own")
    async with stage(folder, config) as running:
        print(f"   It takes mail on {running.host}:{running.port}.")
        registered, notified = await a_client_writes(running)
        await tell_ticket(config)
        answered = await an_agent_answers(running, notified)
        await the_client_thanks(running, answered)
        heading("6. The ticket as it stands now")
        await tell_ticket(config)
        heading("7. What went out")
        for letter in (registered, notified, answered):
            tell_letter(letter)


async def a_client_writes(running: Stage) -> tuple[EmailMessage, EmailMessage]:
    heading("2. A client writes, from a mail program that still speaks KOI8-R")
    mail = story.question()
    tell_mail(mail, story.QUESTION)
    reply = await running.send(mail, story.CLIENT_ADDRESS, story.GATEWAY_ADDRESS)
    print(f"   The gateway says: 250 {reply}. From here on nothing can be lost.")
    heading("3. The client is told the number, the agent gets the message by mail")
    registered = await running.letter_to(story.CLIENT_ADDRESS)
    print(f"   To {story.CLIENT_ADDRESS}: {registered['Subject']}")
    notified = await running.letter_to(story.AGENT_ADDRESS)
    print(f"   To {story.AGENT_ADDRESS}: {notified['Subject']}")
    return registered, notified


async def an_agent_answers(running: Stage, notified: EmailMessage) -> EmailMessage:
    heading("4. The agent simply replies, and never opens anything else")
    mail = story.answer_to(notified, story.AGENT, story.ANSWER)
    tell_mail(mail, story.ANSWER)
    await running.send(mail, story.AGENT_ADDRESS, mail["To"].addresses[0].addr_spec)
    answered = await running.letter_to(story.CLIENT_ADDRESS)
    print("   The client gets it from the desk's address, without the quoted notification:")
    tell_letter(answered)
    return answered


async def the_client_thanks(running: Stage, answered: EmailMessage) -> None:
    heading("5. The client's thanks join the ticket")
    mail = story.answer_to(answered, story.CLIENT, story.THANKS)
    tell_mail(mail, story.THANKS)
    await running.send(mail, story.CLIENT_ADDRESS, story.GATEWAY_ADDRESS)
    told = await running.letter_to(story.AGENT_ADDRESS)
    print(f"   The agent is told: {told['Subject']}")


async def tell_ticket(config: Path) -> None:
    settings = load(at(config)).settings
    async with opened(settings) as engine, sessions(engine)() as session:
        found = await show_ticket(session, 1)
    assert found is not None
    print()
    print_ticket(ticket_document(found, organisation(settings)))


def heading(text: str) -> None:
    print()
    console().print(Text(text, style="bold"))


def tell_mail(mail: EmailMessage, words: str) -> None:
    print(f"   From {shown(mail['From'])} to {shown(mail['To'])}: {shown(mail['Subject'])}")
    print(block(words.rstrip("\n")))


def tell_letter(letter: EmailMessage) -> None:
    print()
    raw = dict(letter.raw_items())
    for name in SHOWN_HEADERS:
        if name in raw:
            print(f"    {name}: {shown(decode_words(' '.join(str(raw[name]).split())))}")
    body = letter.get_body(("plain",))
    print(block("\n" + (body.get_content().replace("\r\n", "\n").rstrip("\n") if body is not None else "")))
    sys.stdout.flush()
