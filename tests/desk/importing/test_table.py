"""CSV as it comes: charsets, separators, quoted line ends, what spreadsheets put around values."""

import io

import pytest

from gateway.desk.importing import table as reading
from gateway.desk.importing.table import Line, TableError, charset_of, heading_key, named_charset, open_table, text_of, value_of

WORDS = "Номер;Тема;Клиент\n7;Принтер не печатает;ivan@client.test\n"


def lines(content: bytes, charset: str | None = None) -> tuple[tuple[str, ...], list[Line]]:
    file = io.BytesIO(content)
    said = named_charset(charset) if charset else None
    table = open_table(file, said or charset_of(file))
    return table.headings, list(table.lines)


@pytest.mark.parametrize(
    ("codec", "certain"),
    [
        ("utf-8", True),
        ("utf-8-sig", True),
        ("utf-16", True),
        ("utf-16-le", True),
        ("utf-16-be", True),
        ("cp1251", False),
        ("koi8-r", False),
    ],
)
def test_a_charset_is_told_by_its_mark_or_its_letters(codec: str, certain: bool) -> None:
    file = io.BytesIO(("id;" + WORDS).encode(codec) if "16-" in codec else WORDS.encode(codec))
    found = charset_of(file)
    table = open_table(file, found)
    assert (found.certain, next(table.lines).cells[-2:]) == (certain, ("Принтер не печатает", "ivan@client.test"))


def test_a_polish_table_from_windows_is_read_and_a_named_charset_is_believed() -> None:
    text = "Numer;Temat;Klient\n7;Żółta łódź zaginęła;ewa@client.test\n"
    assert lines(text.encode("cp1250"))[1][0].cells[1] == "Żółta łódź zaginęła"
    assert lines(text.encode("cp1250"), "windows-1250")[1][0].cells[1] == "Żółta łódź zaginęła"
    assert lines(text.encode("utf-8-sig"), "utf8")[0][0] == "Numer", "the mark is no letter of the first heading"
    assert named_charset("no-such-thing") is None


def test_a_charset_is_told_by_lines_far_down_and_by_a_character_cut_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PIECE", 64)
    far = b"number,subject\n" + b"1,plain\n" * 100 + "2,Принтер\n".encode("cp1251") * 30
    assert charset_of(io.BytesIO(far)).codec == "cp1251"
    assert charset_of(io.BytesIO(b"a" * 63 + "Ж".encode() * 40)).certain, "a character that two pieces share is one"
    assert not charset_of(io.BytesIO("number\nЖ".encode()[:-1])).certain


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_by_the_headings(separator: str) -> None:
    text = separator.join(("number", '"subject, or; title"', "client")) + "\n" + separator.join(("1", '"a;b,c"', "x@y.test"))
    assert lines(text.encode()) == (("number", "subject, or; title", "client"), [Line(2, ("1", "a;b,c", "x@y.test"))])


def test_a_separator_at_the_end_of_a_line_is_no_field_and_a_field_too_many_is_one() -> None:
    _, rows = lines(b"number,client\n1,a@x.test,\n2,b@x.test,, \n3,c@x.test,more\n")
    assert [each.cells for each in rows] == [("1", "a@x.test"), ("2", "b@x.test"), ("3", "c@x.test", "more")]


def test_excel_may_say_which_separator_follows() -> None:
    headings, rows = lines("sep=;\r\nnumber;client, mail\r\n1;a@x.test\r\n".encode("utf-8-sig"))
    assert (headings, rows) == (("number", "client, mail"), [Line(3, ("1", "a@x.test"))])


def test_lines_are_counted_as_an_editor_counts_them_across_quoted_ones() -> None:
    _, rows = lines(b'number,text\r\n1,"one\r\ntwo ""quoted"""\r\n\r\n,\r\n2,three\r\n')
    assert rows == [Line(2, ("1", 'one\r\ntwo "quoted"')), Line(6, ("2", "three"))]


def test_a_quotation_mark_that_never_ends_is_named_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_CELL", 200_000)
    with pytest.raises(TableError, match="line 3: a field begins there that never ends"):
        lines(b'number,text\n1,one\n2,"two\n' + b"3,three\n" * 40_000)


def test_nothing_is_no_table() -> None:
    for content in (b"", b"\n\n", b"\xef\xbb\xbf"):
        with pytest.raises(TableError, match="a line with headings is expected"):
            lines(content)


def test_a_hostile_table_is_text_without_what_cannot_be_kept() -> None:
    _, [row] = lines(b"number,text\n1,a\x00b\n")
    assert row.cells[1] == "ab"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (" 7 ", "7"),
        ('="000123"', "000123"),
        ("'=1+1", "=1+1"),
        ("'+48 600", "+48 600"),
        ("'tis", "'tis"),
        ("-None-", ""),
        ("NULL", ""),
        ("\\N", ""),
        ("-", ""),
    ],
)
def test_what_spreadsheets_put_around_a_value_goes(cell: str, value: str) -> None:
    assert value_of(cell) == value


def test_words_stay_as_they_are() -> None:
    assert text_of("\r\n  one\r\n\r\ntwo \r\n") == "  one\n\ntwo "
    assert text_of("NULL") == "NULL", "it may be what somebody asked about"


def test_headings_are_compared_as_people_read_them() -> None:
    assert {heading_key(each) for each in ("created_at", " Created  At ", "\ufeffcreated at:", "CREATED AT *")} == {"created at"}
