"""Whatever a scanner sends, it is read as an answer, or as none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingress.checks.scanners import clamd, rspamd, spamd
from gateway.ingress.checks.scanners.results import Clean, GarbledError, Infected, Later, NotAsked, Spam, Unknown
from tests.screening.scanner_peer import CLEAN, SPAM

KNOWN = [b"HTTP/1.1 200 OK\r\n\r\n", b"stream: ", b" FOUND\0", b"\0", b"SPAMD/1.1 0 EX_OK\r\n", b"Spam: True ; 5 / 5\r\n", b"\r\n\r\n"]
JSON = [b'{"action":', b'"reject"', b',"score":', b"1e999", b"null", b"{}", b'"symbols":', b'"\\ud800"', b"}"]
ANSWERS = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(st.sampled_from([*KNOWN, *JSON]), st.binary(max_size=10)), max_size=12).map(b"".join),
    st.sampled_from([*CLEAN.values(), *SPAM.values()]).flatmap(
        lambda answer: st.tuples(st.integers(0, len(answer)), st.binary(max_size=3)).map(
            lambda cut: answer[: cut[0]] + cut[1] + answer[cut[0] :]
        )
    ),
)


@pytest.mark.parametrize("spoken", [clamd, rspamd, spamd], ids=lambda each: each.__name__.rpartition(".")[2])
@given(answer=ANSWERS)
def test_an_answer_of_any_octets_is_a_result_or_none(spoken: object, answer: bytes) -> None:
    assert spoken.whole(answer) in (True, False)  # type: ignore[attr-defined]  # a module
    try:
        result = spoken.read_answer(answer)  # type: ignore[attr-defined]
    except GarbledError:
        return
    assert isinstance(result, Clean | Spam | Infected | Later | Unknown | NotAsked)
    assert str(result).isprintable()
