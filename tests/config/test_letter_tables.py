"""`[[notification]]`, `[templates]` and `[satisfaction]`: values, faults, and names of templates that there are not."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config.convert import organisation
from gateway.config.faults import ConfigurationError
from gateway.config.load import load
from gateway.config.settings import Settings
from gateway.domain.notifications import Notification
from gateway.domain.organisation import Organisation
from gateway.domain.satisfaction import BUILT_IN_FIVE, Level, Satisfaction
from gateway.domain.states import LetterKind, Status
from tests.config.reading import SECRET, SMALLEST, read, settings_of

HEAD = f"""{SMALLEST}[desk]
secret = "{SECRET}"
[[agent]]
address = "anna@staff.example.com"
aliases = ["a.nowak@example.net"]
[[from_address]]
address = "sales@example.org"
[[from_address]]
address = "off@example.org"
enabled = false
"""


def desk(text: str) -> Organisation:
    settings = settings_of(f"{HEAD}{text}")
    made = organisation(settings)
    assert organisation(Settings.restore(settings.dump())) == made
    return made


NOTIFICATIONS = [
    ("on = 'closed'", Notification(LetterKind.CLOSED, ("client",))),
    ("on = 'new_ticket'", Notification(LetterKind.NEW_TICKET, ("department",))),
    ("on = 'agent_reply'", Notification(LetterKind.AGENT_REPLY, ("client", "cc"))),
    ("on = 'closed'\nto = ['cc', 'A.Nowak@Example.net']", Notification(LetterKind.CLOSED, ("cc", "anna@staff.example.com"))),
    ("on = 'closed'\nsend = 'never'", Notification(LetterKind.CLOSED, ("client",), send="never")),
    (
        "on = 'closed'\nsend = 'delayed'\ndelay_minutes = 30",
        Notification(LetterKind.CLOSED, ("client",), send="delayed", delay=timedelta(minutes=30)),
    ),
    (
        (
            "on = 'registered'\nto = 'recipients'\ncategory = 'Bills'\ndepartment = 'support'\nlanguage = 'pl'\ntemplate = 'resolved'\n"
            "from = 'Sales@Example.org'"
        ),
        Notification(
            LetterKind.REGISTERED, ("recipients",), "Bills", "support", "pl", template="resolved", from_address="sales@example.org"
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), NOTIFICATIONS)
def test_a_notification_arrives(text: str, expected: Notification) -> None:
    assert desk(f"[[notification]]\n{text}").notifications == (expected,)


AUDIENCE = '"client", "assignee", "department", "recipients" or "cc"'
EVENTS = (
    '"registered", "in_progress", "resolved", "closed", "cancelled", "reopened", "assigned", "new_ticket", "client_reply", "agent_reply", '
    '"note" or "failed_delivery"'
)

FAULTS = [
    ("to = 'client'", f"on: missing: expected {EVENTS}"),
    ("on = 'opened'", f'on = "opened": expected {EVENTS}'),
    ("on = 'held'", f'on = "held": expected {EVENTS}'),
    ("on = 'closed'\nto = 'everybody'", f'to = "everybody": expected {AUDIENCE}, an agent\'s address, or a list of those'),
    ("on = 'closed'\nto = 'x@y.test'", f'to = "x@y.test": expected {AUDIENCE} or the address of an [[agent]]; x@y.test is none\'s'),
    (
        "on = 'note'\nto = ['assignee', 'client']",
        'to = ["assignee", "client"]: expected members of staff: what "note" tells is not for clients',
    ),
    ("on = 'closed'\ndepartment = 'sales'", 'department = "sales": expected the key of a [[department]]: "support"'),
    ("on = 'closed'\nsend = 'delayed'", 'delay_minutes: missing: expected the minutes by which send = "delayed" delays it'),
    ("on = 'closed'\ndelay_minutes = 5", 'send: expected "delayed", for delay_minutes is given'),
    ("on = 'closed'\nsend = 'later'", 'send = "later": expected "immediately", "delayed" or "never"'),
    ("on = 'closed'\nsend = 'delayed'\ndelay_minutes = 0", "delay_minutes = 0: expected a whole number from 1 to 43200"),
    ("on = 'agent_reply'\nsend = 'never'", 'send = "never": expected an agent\'s reply to reach its client at once; name others in to'),
    ("on = 'closed'\nfrom = 'x@y.test'", 'from = "x@y.test": expected the address of a [[gateway]] or of an enabled [[from_address]]'),
    (
        "on = 'closed'\nfrom = 'off@example.org'",
        'from = "off@example.org": expected the address of a [[gateway]] or of an enabled [[from_address]]',
    ),
    ("on = 'closed'\nfrom_ = 'support@example.com'", "from_ = …: unknown key; did you mean from?"),
]


@pytest.mark.parametrize(("text", "expected"), FAULTS)
def test_a_fault_of_a_notification_is_told_with_its_path(text: str, expected: str) -> None:
    assert [str(each) for each in read(f"{HEAD}[[notification]]\n{text}").faults] == [f"notification[0].{expected}"]


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ("to = 'client'", "to = ['cc', 'client']", False),
        ("", "", False),
        ("category = 'Bills'", "category = 'bills'", False),
        ("to = 'client'", "to = 'cc'", True),
        ("", "category = 'bills'", True),
        ("language = 'ru'", "language = 'pl'", True),
    ],
)
def test_two_notifications_are_not_about_the_same(first: str, second: str, differ: bool) -> None:
    found = read(f"{HEAD}[[notification]]\non = 'closed'\n{first}\n[[notification]]\non = 'closed'\n{second}")
    told = 'expected another event, audience or scope: notification[0] is for "closed" to client of the same tickets already'
    assert [each.expected for each in found.faults] == ([] if differ else [told])


def test_an_agents_reply_may_be_kept_from_others() -> None:
    assert desk("[[notification]]\non = 'agent_reply'\nto = 'cc'\nsend = 'never'").notifications[0].send == "never"


def test_without_levels_there_are_the_five() -> None:
    assert desk("[satisfaction]\ndays = 7\nreplace_days = 0").satisfaction == Satisfaction(BUILT_IN_FIVE, None, 7, 0)


def test_levels_arrive() -> None:
    found = desk(
        "[satisfaction]\nlogo = 'logo.SVG'\n"
        "[[satisfaction.level]]\nname = 'Bad'\nsymbol = '👎'\nscore = 1\nstatus = 'open'\n"
        "[[satisfaction.level]]\nname = {ru = 'Так себе', en = 'So so'}\nscore = 2\nactive = false\n"
        "[[satisfaction.level]]\nname = 'Good'\nscore = 3\nstatus = 'closed'\n"
    ).satisfaction
    assert found.levels == (
        Level((("en", "Bad"), ("ru", "Bad"), ("pl", "Bad")), "👎", 1, Status.OPEN),
        Level((("en", "So so"), ("ru", "Так себе")), "2", 2, None, active=False),
        Level((("en", "Good"), ("ru", "Good"), ("pl", "Good")), "3", 3, Status.CLOSED),
    )
    assert found.logo == "/etc/deskgate/logo.SVG"


NAME = 'expected a line of text, or a table of languages, such as { en = "Good", ru = "Хорошо" }'
LEVEL = "[[satisfaction.level]]\nname = 'Good'\nscore = 5\n"
SCALES = [
    (
        f"{LEVEL}[[satisfaction.level]]\nname = {{de = 'Gut'}}\nscore = 1",
        f"level[1].name = {{…}}: {NAME}; letters are in en, ru, pl, not in de",
    ),
    (f"{LEVEL}[[satisfaction.level]]\nscore = 1", f"level[1].name: missing: {NAME}"),
    (
        f"{LEVEL}[[satisfaction.level]]\nname = 'x'\nscore = 5",
        "level[1].score = 5: expected a score of its own: satisfaction.level[0] has this one",
    ),
    (
        f"{LEVEL}[[satisfaction.level]]\nname = 'x'\nscore = 4\nactive = false",
        "level = [{…}]: expected 2 to 11 active levels to choose from; there are 1",
    ),
    (
        f"{LEVEL}[[satisfaction.level]]\nname = 'x'\nscore = 4\nstatus = 'done'",
        'level[1].status = "done": expected "new", "open", "pending", "resolved", "closed", "cancelled", "spam" or "trash"',
    ),
    (
        f"{LEVEL}[[satisfaction.level]]\nname = 'x'\nscore = 4\nsymbol = 'a b'",
        'level[1].symbol = "a b": expected a symbol of a few characters, such as "🙂" or "4"',
    ),
    (
        "[satisfaction]\nlogo = 'logo.exe'",
        'logo = "logo.exe": expected the path of a picture that can be read: .png, .jpg, .gif, .webp or .svg',
    ),
    ("[satisfaction]\ndays = 0", "days = 0: expected a whole number from 1 to 3650"),
]


@pytest.mark.parametrize(("text", "expected"), SCALES)
def test_a_fault_of_the_scale_is_told_with_its_path(text: str, expected: str) -> None:
    assert [str(each) for each in read(f"{HEAD}{text}").faults] == [f"satisfaction.{expected}"]


def faults_of(directory: Path, text: str) -> list[str]:
    path = directory / "config.toml"
    path.write_text(f"{HEAD}{text}")
    try:
        load(path)
    except ConfigurationError as error:
        return [f"{fault.path} = {fault.value}: {fault.expected}" for fault in error.faults]
    return []


ANSWER = "[[rule]]\nname = 'r'\nthen.answer = '{}'\n"


def test_a_template_is_an_events_or_a_file_of_yours(tmp_path: Path) -> None:
    (tmp_path / "letters" / "pl").mkdir(parents=True)
    (tmp_path / "letters" / "pl" / "vacation.txt").write_text("Subject: x\n\nx")
    where = "[templates]\ndirectory = 'letters'\n"
    assert faults_of(tmp_path, f"{where}{ANSWER.format('vacation')}[[notification]]\non = 'closed'\ntemplate = 'resolved'") == []
    told = "expected the name of a template: an event's, or that of a file, "
    assert faults_of(tmp_path, f"{where}{ANSWER.format('holiday')}") == [
        f'rule[0].then.answer = "holiday": {told}{tmp_path}/letters/LANGUAGE/holiday.txt'
    ]
    assert faults_of(tmp_path, "[[notification]]\non = 'closed'\ntemplate = 'vacation'") == [
        f'notification[0].template = "vacation": {told}LANGUAGE/vacation.txt in templates.directory'
    ]


@pytest.mark.parametrize("name", ["nowhere", "config.toml"])
def test_the_directory_of_templates_is_one(tmp_path: Path, name: str) -> None:
    assert faults_of(tmp_path, f"[templates]\ndirectory = '{name}'") == [
        f'templates.directory = "{tmp_path}/{name}": expected a directory that can be read'
    ]


def test_the_desk_tells_which_templates_it_asks_for() -> None:
    assert desk(f"{ANSWER.format('registered')}[[notification]]\non = 'closed'\ntemplate = 'resolved'").templates_asked_for == {
        "registered",
        "resolved",
    }
