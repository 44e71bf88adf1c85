"""Tables of clients: separators, charsets, headings in three languages, several addresses."""

import pytest

from gateway.cli.client_table import NoTableError, Row, decoded, rows
from tests.desk.importing import tables

IVAN = Row(2, "Иван Петров", ("ivan@client.test", "i@home.test"))


@pytest.mark.parametrize(
    "text",
    [
        "name,address\nИван Петров,ivan@client.test i@home.test\n",
        'Address;Name\r\n"ivan@client.test; i@home.test";Иван  Петров\r\n',
        'ФИО\tЭл. почта\nИван Петров\t"ivan@client.test,\ti@home.test"',
        "Имя;E-mail 1;Город;E-mail 2\nИван Петров;ivan@client.test;Омск;i@home.test\n",
        "Imię i nazwisko,Adres e-mail\nИван Петров,<ivan@client.test> 'i@home.test'\n",
        "id;Klient;E-MAIL\n7;Иван Петров;ivan@client.test i@home.test ivan@client.test\n\n;;\n",
        "\nИван Петров;ivan@client.test;i@home.test",
    ],
)
def test_a_row_is_read_whatever_its_columns_are_called(text: str) -> None:
    assert list(rows(text)) == [IVAN]


@pytest.mark.parametrize(("codec", "certain"), [("utf-8", True), ("utf-8-sig", True), ("utf-16", True), ("cp1251", False)])
def test_what_spreadsheets_write_is_text(codec: str, certain: bool) -> None:
    text, sure = decoded("Имя;Почта\nИван Петров;ivan@client.test i@home.test\n".encode(codec))
    assert (list(rows(text)), sure) == ([IVAN], certain)


def test_a_polish_table_from_windows_is_text_too() -> None:
    text, sure = decoded("Imię i nazwisko;Adres e-mail\nŁukasz Żółć;lukasz@client.test\n".encode("cp1250"))
    assert ([each.name for each in rows(text)], sure) == (["Łukasz Żółć"], False)


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = 'name;address\n"Two\nlines";a@x.test\n\nB;b@x.test\nC;nobody here\n'
    assert [(each.line, each.name, each.addresses) for each in rows(text)] == [
        (2, "Two lines", ("a@x.test",)),
        (5, "B", ("b@x.test",)),
        (6, "C", ("nobody", "here")),
    ]


@pytest.mark.parametrize("text", ["name;telephone\nIvan;1\n", "one\n"])
def test_without_addresses_it_is_no_table(text: str) -> None:
    with pytest.raises(NoTableError, match="must name the column address"):
        list(rows(text))


def test_nothing_is_no_row() -> None:
    assert list(rows("")) == list(rows("\n;\n")) == []


def test_users_and_contacts_of_other_desks_are_read_as_they_are_written_out() -> None:
    zammad = list(rows(tables.ZAMMAD_USERS + '1,-,-,,,,,,,true,\n7,root,Rita,Root,rita@staff.test,,,,,true,"Admin, Agent"\n'))
    assert [(each.name, each.addresses, each.staff) for each in zammad] == [
        ("Anna Nowak", ("anna@client.test",), False),
        ("Jan Kowalski", ("jan@client.test",), False),
        ("Jan Kowalski", ("jan2@client.test",), False),
        ("Only Phone", (), False),
        ("", (), False),
        ("Rita Root", ("rita@staff.test",), True),
    ]
    assert [(each.name, each.addresses) for each in rows(tables.ZOHO_CONTACTS)] == [
        ("Ewa Lis", ("ewa@client.test", "ewa@home.test")),
        ("Nomail", ()),
    ], "in one column and in two, a name is one"
    osticket = list(rows("Name;Organization;Email;Phone Number\nИван Петров;ООО;ivan@client.test;'+7 900\n"))
    assert [(each.name, each.addresses) for each in osticket] == [("Иван Петров", ("ivan@client.test",))]
    assert all(each.of_desk for each in (*zammad, *osticket))
    assert not any(each.of_desk for each in rows("name,email\nAnna,anna@client.test\n"))
