"""`deskgate templates`, and the directory that it fills: export adds, preview shows, the reader tells what it could not read."""

from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.app.templates import read_templates
from gateway.config.convert import organisation
from gateway.config.load import find_config, load
from gateway.letters.built_in import built_in
from gateway.letters.examine import faults_of
from gateway.letters.operators import LANGUAGES
from gateway.letters.preview import preview_facts
from gateway.letters.sandbox import LONGEST_SOURCE
from gateway.letters.texts import REPLY_ABOVE
from gateway.letters.write import write_letter
from storage.ticket_views import show_ticket
from tests.conftest import plain
from tests.journeys.running import deskgate, write_config


async def test_export_adds_what_is_missing_and_overwrites_nothing(tmp_path: Path) -> None:
    own = tmp_path / "letters" / "ru" / "closed.txt"
    own.parent.mkdir(parents=True)
    own.write_text("Subject: мой\n\nТекст\n")
    status, out, _ = await deskgate("templates", "export", str(tmp_path / "letters"))
    assert status == 0
    assert own.read_text() == "Subject: мой\n\nТекст\n"
    assert f"left  {own}, which is there already" in out.splitlines()
    assert f"wrote {tmp_path / 'letters' / 'en' / 'closed.txt'}" in out.splitlines()
    again, out, _ = await deskgate("templates", "export", str(tmp_path / "letters"))
    assert again == 0
    assert out.splitlines()[-1].startswith(f"0 written, {len(built_in().files)} left")
    exported = read_templates(tmp_path / "letters")
    assert {**exported.files, "ru/closed.txt": ""} == {**built_in().files, "ru/closed.txt": ""}
    assert faults_of(exported) == ()


async def test_export_to_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, out, err = await deskgate("templates", "export", str(tmp_path / "file"))
    assert (status, out) == (1, "")
    assert err.startswith(f"deskgate: {tmp_path / 'file' / 'en'}")
    assert "cannot be written" in err


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"en/registered.txt": b"Subject: \xff\n\nx"}, "en/registered.txt, line 1: it is not UTF-8 text: save it in that encoding"),
        ({"en/registered.txt": b"Subject: x\n\na\n\xd0 b"}, "en/registered.txt, line 4: it is not UTF-8 text"),
        ({"de/registered.txt": b"Subject: x\n\nx"}, "de/registered.txt: not the name of a template"),
        ({"registered.txt": b"Subject: x\n\nx"}, "registered.txt: not the name of a template"),
        ({"en/registered.txt": b"Subject: x\n\n" + b"x" * 5 * LONGEST_SOURCE}, "en/registered.txt: it has more than 262,144 characters"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, files: dict[str, bytes], fault: str) -> None:
    fill(tmp_path, files)
    [found] = faults_of(read_templates(tmp_path))
    assert str(found).startswith(fault)


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    [fault] = faults_of(read_templates(tmp_path / "none"))
    assert str(fault) == f"{tmp_path / 'none'}: the directory of templates cannot be read: No such file or directory"


def test_what_editors_and_version_control_leave_behind_is_left_aside(tmp_path: Path) -> None:
    fill(tmp_path, dict.fromkeys((".git/en/x.txt", "en/registered.txt~", "en/.registered.txt.swp", "README.txt", "en/logo.png"), b"\xff"))
    assert read_templates(tmp_path) == read_templates(tmp_path / "en")


def fill(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.fixture
async def config(database_url: str, tmp_path: Path) -> Path:
    """With a directory of templates, and a ticket in the database."""
    fill(
        tmp_path / "letters",
        {
            "en/vip.txt": b"Subject: For [#Contact#]\n\n[#Subject#], {{ ticket.priority }}, by {{ assignee.name }}: {{ article.text }}",
            "en/vip.html": b"<style>p { color: red }</style><p>{{ article.text | lines }}</p>",
            "en/broken.txt": b"Subject: x\n\n{{ ticket.colour }}",
        },
    )
    connection = await asyncpg.connect(plain(database_url))
    await connection.execute(
        """
        INSERT INTO clients (id, name) VALUES (7, E'Anna \\u001b[2J');
        INSERT INTO client_addresses (key, address, client_id) VALUES ('anna@client.test', 'anna@client.test', 7);
        INSERT INTO tickets (number, subject, status, priority, department, gateway, language, client_id, assignee)
          VALUES (17, 'Принтер горит', 'open', 'high', 'support', 'support@desk.test', 'ru', 7, 'dana@staff.test');
        INSERT INTO articles (ticket, kind, author_role, author_name, author_address, text, private)
          VALUES (17, 'client_message', 'client', 'Anna', 'anna@client.test', E'Горит.\\n{{7*7}} <b>[#Number#]</b>', false),
                 (17, 'note', 'agent', 'Dana Agent', 'dana@staff.test', 'Врёт.', true);
        """
    )
    await connection.close()
    return write_config(tmp_path, database_url, "127.0.0.1:9", tables=f'[templates]\ndirectory = "{tmp_path / "letters"}"\n[satisfaction]')


async def preview(config: Path, name: str, *arguments: str, ticket: str = "17") -> tuple[int, str, str]:
    return await deskgate("templates", "preview", name, "--ticket", ticket, *arguments, "--config", str(config))


async def test_a_preview_is_the_letter_that_the_ticket_would_get(config: Path) -> None:
    status, out, err = await preview(config, "resolved")
    assert (status, err) == (0, "")
    assert out.startswith(f"Subject: Re: Принтер горит [#17]\n\n{REPLY_ABOVE['ru']}\n\nЗдравствуйте, Anna [2J!\n\nОбращение #17")
    status, out, err = await preview(config, "note", "--language", "pl")
    assert status == 0, err
    assert "Dana Agent <dana@staff.test> zostawia notatkę:\n\nВрёт." in out
    status, out, err = await preview(config, "note", "--audience", "client")
    assert status == 0, err
    assert "Врёт" not in out


async def test_a_preview_of_a_template_of_ones_own_in_text_and_html(config: Path) -> None:
    status, out, err = await preview(config, "vip")
    assert status == 0, err
    assert out == (
        f"Subject: For Anna [2J [#17]\n\n{REPLY_ABOVE['en']}\n\nПринтер горит, high, by Dana Agent: Горит.\n{{{{7*7}}}} <b>[#Number#]</b>\n"
    )
    status, out, err = await preview(config, "vip", "--html")
    assert status == 0, err
    assert '<p style="color: red;">Горит.<br>\n{{7*7}} &lt;b&gt;[#Number#]&lt;/b&gt;</p>' in out


@pytest.mark.parametrize(
    ("name", "ticket", "why"),
    [
        ("vipp", "17", "deskgate: there is no template vipp; these are: agent_reply, assigned, broken"),
        ("resolved", "99", "deskgate: there is no ticket #99"),
        ("broken", "17", "deskgate: en/broken.txt, line 3: ticket.colour: there is no such macro"),
    ],
)
async def test_what_cannot_be_previewed_is_said(config: Path, name: str, ticket: str, why: str) -> None:
    status, out, err = await preview(config, name, ticket=ticket)
    assert (status, out) == (1, "")
    assert err.startswith(why)


async def test_every_letter_can_be_previewed(config: Path, sessions: async_sessionmaker[AsyncSession]) -> None:
    """In this process: a command for each would take its time."""
    desk = organisation(load(find_config(str(config))).settings)
    async with sessions() as session:
        ticket = await show_ticket(session, 17)
    assert ticket is not None
    for name in built_in().names():
        for language in LANGUAGES:
            written = write_letter(preview_facts(name, ticket, desk, language))
            assert written.text.startswith(REPLY_ABOVE[language])
            assert name == "digest" or written.subject.endswith("[#17]")
