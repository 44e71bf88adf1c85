import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.encoded_words import decode_words, one_line


def b(text: str | bytes, charset: str = "utf-8") -> str:
    raw = text.encode(charset) if isinstance(text, str) else text
    return f"=?{charset}?B?{base64.b64encode(raw).decode()}?="


WORDS = [
    ("plain", "plain"),
    ("=?utf-8?Q?Caf=C3=A9_au_lait?=", "Café au lait"),
    ("=?UTF-8?b?0J/RgNC40LLQtdGC?=", "Привет"),
    ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
    (f"Re: {b('Привет')} мир", "Re: Привет мир"),
    (f"{b('При')} {b('вет')}", "Привет"),
    (f"{b('При')} and {b('вет')}", "При and вет"),
    (f"{b('Привет'.encode()[:5])} {b('Привет'.encode()[5:])}", "Привет"),
    ("=?utf-8?Q?=D0=9F=D1?= =?utf-8?Q?=80=D0=B8?=", "При"),
    ("=?utf-8?Q?=D0=9F=D1?= =?utf-8?B?gNC4?=", "При"),
    ("=?utf-8?B?0J/RgNC40LL?= =?utf-8?B?QtdGC?=", "Привет"),
    ("=?utf-8?B?0J/RgNC40LLQtdGC", "=?utf-8?B?0J/RgNC40LLQtdGC"),
    ("=?utf-8?B?0J/RgNC40LLQtdG?=", "Приве\ufffd"),
    ("=?utf-8?B?0J/R gNC40 LLQtdGC?=", "Привет"),
    ("=?utf-8?Q?raw spaces within?=", "raw spaces within"),
    ("=?utf-8*en?Q?tagged?=", "tagged"),
    ("=?utf-8?Q?why?=3F?=", "why3F?="),
    ("=?utf-8?Q?a=ZZb?=", "a=ZZb"),
    ("=?x-nonsense?Q?=D0=9F?=", "П"),
    ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
    ("glued=?utf-8?Q?=C3=A9?=on", "gluedéon"),
    ("=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
    ("=?utf-8?Q?first =?utf-8?Q?second?=", "=?utf-8?Q?first second"),
]


@pytest.mark.parametrize(("written", "read"), WORDS)
def test_encoded_words_are_decoded_however_they_are_broken(written: str, read: str) -> None:
    assert decode_words(written) == read


def test_a_header_stays_on_one_line() -> None:
    assert one_line(decode_words("=?utf-8?Q?a=0D=0ABcc:_x=00?=")) == "a Bcc: x"


@given(st.text(alphabet="=?utf-8QqBb_ A0\n", max_size=120))
def test_any_value_is_decoded(value: str) -> None:
    one_line(decode_words(value)).encode()
