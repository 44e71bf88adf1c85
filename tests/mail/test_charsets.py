import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.charsets import clean, codec_of, decode_bytes

RUSSIAN = "Добрый день! Не могу войти в личный кабинет, помогите, пожалуйста."
UKRAINIAN = "Доброго дня! Не можу увійти в обліковий запис, допоможіть."
POLISH = "Dzień dobry, proszę o pomoc z fakturą, nie działa hasło i łącze."
GERMAN = "Schöne Grüße aus München, für die Lösung wäre ich dankbar."


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("windows-1251", "cp1251", RUSSIAN),
        ("windows1251", "cp1251", RUSSIAN),
        ("cp-1251", "cp1251", RUSSIAN),
        ("win-1251", "cp1251", RUSSIAN),
        ('"Windows-1251"', "cp1251", RUSSIAN),
        ("x-cp1251", "cp1251", RUSSIAN),
        ("koi8-r", "koi8-r", RUSSIAN),
        ("KOI8R", "koi8-r", RUSSIAN),
        ("koi8-u", "koi8-u", UKRAINIAN),
        ("iso-8859-5", "iso8859-5", RUSSIAN),
        ("ISO_8859-2", "iso8859-2", POLISH),
        ("iso8859_2", "iso8859-2", POLISH),
        ("iso-8859-1", "cp1252", "“smart” – €"),
        ("latin1", "latin-1", GERMAN),
        ("utf8", "utf-8", RUSSIAN),
        ("utf-8*ru", "utf-8", RUSSIAN),
        ("unicode-1-1-utf-7", "utf-7", RUSSIAN),
        ("gb2312", "gb18030", "朱镕基 龘"),
        ("GBK", "gb18030", "你好"),
        ("big5", "cp950", "您好"),
        ("ks_c_5601-1987", "cp949", "안녕하세요 똠방각하"),
        ("euc-kr", "cp949", "똠"),
        ("x-sjis", "cp932", "こんにちは ①㈱"),
        ("Shift_JIS", "cp932", "こんにちは"),
        ("euc-jp", "euc_jp", "こんにちは"),
        ("iso-2022-jp", "iso2022_jp", "こんにちは"),
        ("iso-2022-jp-2004", "iso2022_jp", "こんにちは"),
        ("iso-2022-kr", "iso2022_kr", "안녕하세요"),
        ("tis-620", "cp874", "สวัสดี"),
        ("iso-8859-8-i", "iso8859-8", "שלום"),
        ("iso-8859-6-e", "iso8859-6", "مرحبا"),
        ("unicode", "utf-16", RUSSIAN),
        ("x-mac-cyrillic", "mac_cyrillic", RUSSIAN),
        ("ibm866", "cp866", RUSSIAN),
    ],
)
def test_text_is_read_by_the_charset_that_is_declared(label: str, codec: str, text: str) -> None:
    assert decode_bytes(text.encode(codec), label) == text


@pytest.mark.parametrize(
    "label", ["base64", "rot13", "hex", "unicode_escape", "idna", "undefined", "zlib", "", "x-unknown", "\x00", "a" * 5000]
)
def test_a_label_that_is_no_charset_of_text_is_not_believed(label: str) -> None:
    assert codec_of(label) is None
    assert decode_bytes(RUSSIAN.encode(), label) == RUSSIAN


@pytest.mark.parametrize("label", [None, "us-ascii", "iso-8859-1", "unknown-8bit", "x-nonsense"])
@pytest.mark.parametrize("text", [RUSSIAN, POLISH, GERMAN])
def test_utf8_behind_another_label_is_noticed(label: str | None, text: str) -> None:
    assert decode_bytes(text.encode(), label) == text


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp866"),
        (RUSSIAN, "iso8859-5"),
        (RUSSIAN, "mac_cyrillic"),
        ("СРОЧНО! ПОМОГИТЕ", "cp1251"),
        ("СРОЧНО! ПОМОГИТЕ", "koi8-r"),
        ("Привет", "koi8-r"),
        (UKRAINIAN, "koi8-u"),
        (UKRAINIAN, "cp1251"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        (GERMAN, "cp1252"),
        ("Mañana señor, ¿cómo está? El niño pequeño", "cp1252"),
        ("こんにちは、お問い合わせします", "cp932"),
        ("こんにちは、お問い合わせします", "euc_jp"),
        ("你好，我想咨询一下这个问题，请尽快回复我。" * 4, "gb18030"),
    ],
)
def test_8_bit_text_without_a_charset_is_guessed(text: str, codec: str) -> None:
    assert decode_bytes(text.encode(codec)) == text


def test_a_charset_that_lies_gives_way() -> None:
    assert decode_bytes(RUSSIAN.encode("cp1251"), "utf-8") == RUSSIAN
    assert decode_bytes(RUSSIAN.encode("koi8-r"), "iso-8859-1") == RUSSIAN
    assert decode_bytes("こんにちは".encode("iso2022_jp"), "us-ascii") == "こんにちは"


def test_a_damaged_character_does_not_spoil_the_others() -> None:
    damaged = RUSSIAN[:20].encode() + b"\xff" + RUSSIAN[20:].encode()
    assert decode_bytes(damaged, "utf-8").replace("\ufffd", "") == RUSSIAN
    assert decode_bytes(RUSSIAN.encode()[:-2]) == RUSSIAN[:-2] + "\ufffd"


def test_japanese_mail_with_vendors_characters_is_read() -> None:
    half_width_kana = b"\x1b(I1^2C\x1b(B"
    circled = b"\x1b$B-!\x1b(B"  # NEC row 13
    assert decode_bytes(half_width_kana, "iso-2022-jp") == "ｱﾞｲﾃ"
    assert decode_bytes(b"a " + circled + b" b", "iso-2022-jp") == "a ① b"


@given(
    st.binary(max_size=300), st.sampled_from([None, "utf-8", "utf-7", "utf-16", "iso-2022-jp", "hz", "gb2312", "koi8-r", "idna", "cp037"])
)
def test_any_bytes_give_text_that_can_be_stored(raw: bytes, label: str | None) -> None:
    text = clean(decode_bytes(raw, label))
    assert "\x00" not in text
    text.encode()
