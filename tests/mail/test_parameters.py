"""Content-Type and Content-Disposition in the forms that mail programs give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.filenames import default_filename, safe_filename
from gateway.mail.parameters import read_parametrised

NAMES = [
    ('attachment; filename="report.pdf"', "report.pdf"),
    ("attachment; filename=report.pdf", "report.pdf"),
    ("attachment; filename=my report.pdf", "my report.pdf"),
    ("attachment;filename = report.pdf ;size=3", "report.pdf"),
    ("attachment; FileName=report.pdf", "report.pdf"),
    ("attachment; filename*=utf-8''%D0%A1%D1%87%D1%91%D1%82.pdf", "Счёт.pdf"),
    ("attachment; filename*=UTF-8''a%20b.pdf; filename=fallback.pdf", "a b.pdf"),
    ("attachment; filename=fallback.pdf; filename*=UTF-8''a%20b.pdf", "a b.pdf"),
    ("attachment; filename*=\"utf-8''a%20b.pdf\"", "a b.pdf"),
    ("attachment; filename*=a%20b.pdf", "a b.pdf"),
    ("attachment; filename*=UTF-8''\"a%20b.pdf\"", "a b.pdf"),
    ("attachment; filename*=koi8-r'ru'%F3%DE%C5%D4.pdf", "Счет.pdf"),
    ("attachment; filename*0=long; filename*1=er.pdf", "longer.pdf"),
    ("attachment; filename*1=er.pdf; filename*0=long", "longer.pdf"),
    ("attachment; filename*0*=utf-8''%D0%A1%D1; filename*1*=%87%D1%91%D1%82; filename*2=.pdf", "Счёт.pdf"),
    ("attachment; filename*0*=utf-8''%D0%A1; filename*1=%D1%87.pdf", "Сч.pdf"),
    ('attachment; filename="=?utf-8?B?0KHRh9GR0YI=?=.pdf"', "Счёт.pdf"),
    ("attachment; filename==?utf-8?B?0KHRh9GR0YIucGRm?=", "Счёт.pdf"),
    ('attachment; filename="=?koi8-r?B?897F1A==?= =?koi8-r?B?LnBkZg==?="', "Счет.pdf"),
    ("attachment; filename*0==?utf-8?B?0KHRh9GR; filename*1=0YIucGRm?=", "Счёт.pdf"),
    ('attachment; filename="Счёт № 12.pdf"', "Счёт № 12.pdf"),
    ('attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
    ('attachment; filename="unclosed.pdf', "unclosed.pdf"),
    ("attachment filename=report.pdf", "report.pdf"),
    ("filename=report.pdf", "report.pdf"),
    ("attachment; filename=first.pdf; filename=second.pdf", "first.pdf"),
    ("attachment; filename=", ""),
    ("attachment", ""),
]


@pytest.mark.parametrize(("value", "expected"), NAMES)
def test_a_filename_is_read_in_every_variant(value: str, expected: str) -> None:
    assert read_parametrised(value).get("filename") == expected


@pytest.mark.parametrize(
    ("value", "type_", "charset"),
    [
        ("text/plain; charset=utf-8", "text/plain", "utf-8"),
        ('Text/HTML; Charset="KOI8-R"', "text/html", "KOI8-R"),
        ("text/plain charset=utf-8", "text/plain", "utf-8"),
        ('text/plain\t charset="iso-2022-jp"', "text/plain", "iso-2022-jp"),
        ("text/plain; format=flowed; charset=utf-8;", "text/plain", "utf-8"),
        (";;;charset=utf-8", "", "utf-8"),
        ("text/plain; =; ;; charset=utf-8", "text/plain", "utf-8"),
        ("", "", ""),
    ],
)
def test_a_type_and_its_charset_are_read(value: str, type_: str, charset: str) -> None:
    read = read_parametrised(value)
    assert (read.value, read.get("charset")) == (type_, charset)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Счёт № 12 (копия).pdf", "Счёт № 12 (копия).pdf"),
        ("e\u0301te\u0301.pdf", "e\u0301te\u0301.pdf"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("C:\\Docs\\a.pdf", "a.pdf"),
        ("a\r\nb\x00.pdf", "ab.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("..", ""),
        ("   ", ""),
        ("", ""),
        ("dir/", "dir"),
        ("日本語.txt", "日本語.txt"),
    ],
)
def test_a_name_is_safe_and_stays_readable(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


@given(st.text(max_size=400))
def test_a_safe_name_fits_a_disk_and_is_its_own_safe_name(name: str) -> None:
    safe = safe_filename(name)
    assert len(safe.encode()) <= 255
    assert not {"/", "\\", "\x00", "\n"} & set(safe)
    assert safe not in (".", "..")
    assert safe_filename(safe) == safe


def test_a_long_name_keeps_its_extension() -> None:
    safe = safe_filename("ы" * 300 + ".docx")
    assert safe.endswith("ы.docx")
    assert 250 <= len(safe.encode()) <= 255


def test_a_part_without_a_name_gets_one_that_tells_its_type() -> None:
    assert default_filename("image/png", 2) == "image-2.png"
    assert default_filename("message/rfc822", 1) == "message.eml"
    assert default_filename("application/x-unheard-of", 3) == "attachment-3.bin"


@given(st.text(alphabet="filename*0=;'\"\\%D1 utf-8/?Bb\x00", max_size=150))
def test_any_value_is_read(value: str) -> None:
    for text in read_parametrised(value).parameters.values():
        text.encode()
