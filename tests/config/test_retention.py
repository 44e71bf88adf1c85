"""`desk.retention`, whole and in short."""

import pytest

from gateway.config.convert import retention
from gateway.config.retention import Retention as Table
from gateway.domain.retention import Retention
from tests.config.reading import SECRET, SMALLEST, read, settings_of

DESK = f'{SMALLEST}[desk]\nsecret = "{SECRET}"\n'


def test_without_a_word_raw_mail_goes_after_a_year_and_tickets_stay() -> None:
    found = retention(settings_of(DESK))
    assert (found.raw_mail, found.ignored_mail, found.letters, found.closed_tickets, found.spam) == (365, 90, 90, 0, 0)
    assert found.links == 30


def test_a_number_alone_is_of_raw_mail() -> None:
    short, whole = settings_of(f"{DESK}retention = 30\n"), settings_of(f"{DESK}[desk.retention]\nraw_mail = 30\n")
    assert retention(short) == retention(whole)
    assert retention(short).raw_mail == 30


def test_every_term_reaches_its_name() -> None:
    names = list(Table.model_fields)
    text = "".join(f"{name} = {number}\n" for number, name in enumerate(names, 1))
    found = retention(settings_of(f"{DESK}[desk.retention]\n{text}[outbound]\nlink_days = 9\n"))
    assert found == Retention(**{name: number for number, name in enumerate(names, 1)}, links=9)


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("retention = true", "desk.retention"),
        ("retention = -1", "desk.retention.raw_mail"),
        ('retention = "a year"', "desk.retention"),
        ("[desk.retention]\nraw_mail = -1", "desk.retention.raw_mail"),
        ("[desk.retention]\nraw_mial = 30", "desk.retention.raw_mial"),
    ],
)
def test_a_fault_names_its_key(said: str, path: str) -> None:
    assert path in {each.path for each in read(f"{DESK}{said}\n").faults}
