"""`deskgate templates`: the letters' texts, written out for editing and shown as a ticket's letters."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from gateway.app.templates import templates_now
from gateway.cli.exits import Exit, Fail
from gateway.cli.output import say
from gateway.cli.work import work
from gateway.domain.organisation import Organisation
from gateway.letters.built_in import built_in
from gateway.letters.facts import LetterFacts
from gateway.letters.preview import preview_facts
from gateway.letters.write import write_letter
from gateway.tokens.codec import Keyring
from gateway.tokens.preview import preview_token
from storage.ticket_views import show_ticket

PAGE_LASTS: Final = timedelta(hours=1)


def export(options: argparse.Namespace) -> None:
    """Adds what is not there; a file that is there stays as it is, whatever it says."""
    directory = Path(options.directory)
    wrote = left = 0
    for name, source in sorted(built_in().files.items()):
        path = directory / name
        if written(path, source):
            wrote += 1
            print(f"wrote {path}")
        else:
            left += 1
            print(f"left  {path}, which is there already")
    print(f"{wrote} written, {left} left as they are; `[templates] directory` in the configuration makes letters by them")


def written(path: Path, source: str) -> bool:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(source)
    except FileExistsError as error:
        if path.is_file():
            return False
        raise Fail(f"{path} cannot be written: {error.strerror}") from error
    except OSError as error:
        raise Fail(f"{path} cannot be written: {error.strerror}") from error
    return True


async def preview(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        organisation = opened.organisation
        templates = templates_now(organisation)
        known = built_in().names() | templates.names()
        if options.name not in known:
            raise Fail(f"there is no template {options.name}; these are: {', '.join(sorted(known))}")
        async with opened.sessions() as session:
            ticket = await show_ticket(session, options.ticket)
        if ticket is None:
            raise Fail(f"there is no ticket #{options.ticket}")
        opened.deed.about("client", ticket["client"]["id"])
    facts = preview_facts(options.name, ticket, organisation, options.language, options.audience)
    letter = write_letter(facts, templates)
    if letter.faults:
        raise Fail("\n".join(map(str, letter.faults)), Exit.WRONG)
    if (at := page(options.name, facts, organisation, options.ticket)) is not None:
        say(f"for an hour the running service shows it, too: {at}")
    print(for_terminals(letter.html if options.html else f"Subject: {letter.subject}\n\n{letter.text}"), end="")


def for_terminals(text: str) -> str:
    """Without control characters: a client's words must not move the cursor."""
    return "".join(each for each in text if each.isprintable() or each in "\n\t")


def page(name: str, facts: LetterFacts, organisation: Organisation, number: int) -> str | None:
    """Where the web part shows it; None where it is not known where that is."""
    desk = organisation.desk
    if desk.base_url is None:
        return None
    token = preview_token(Keyring(desk.secrets), number, datetime.now(UTC) + PAGE_LASTS)
    return f"{desk.base_url}/preview/{token}/{quote(name)}?{urlencode({'language': facts.language, 'audience': facts.read_by})}"
