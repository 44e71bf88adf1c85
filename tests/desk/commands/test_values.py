"""Lists of addresses and of tags."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.desk.commands.values import addresses_in, tags_in
from gateway.mail.address import is_addr_spec
from tests.mail.timing import within_seconds


@pytest.mark.parametrize(
    ("value", "good", "bad"),
    [
        ("", [], []),
        (" , ,", [], []),
        ("bob@x.test", ["bob@x.test"], []),
        ("bob@x.test, anna@x.test", ["bob@x.test", "anna@x.test"], []),
        ("bob@x.test,anna@x.test;  eve@x.test", ["bob@x.test", "anna@x.test", "eve@x.test"], []),
        ("Bob@x.test, bob@X.TEST", ["Bob@x.test"], []),
        ("bob@x.test，anna@x.test、eve@x.test、", ["bob@x.test", "anna@x.test", "eve@x.test"], []),
        ("bob@x.test، anna@x.test؛ eve@x.test", ["bob@x.test", "anna@x.test", "eve@x.test"], []),
        ("bob＠x.test", ["bob@x.test"], []),
        ("\u200bbob@x.test\u00a0", ["bob@x.test"], []),
        ("почта@пример.рф", ["почта@пример.рф"], []),
        ("<bob@x.test>", ["bob@x.test"], []),
        ("Bob <bob@x.test>", ["bob@x.test"], []),
        ('"Doe, Bob" <bob@x.test>', ["bob@x.test"], []),
        ("bob@x.test (Bob, of sales)", ["bob@x.test"], []),
        ("'bob@x.test' <bob@x.test>", ["bob@x.test"], []),
        ("bob@x.test<mailto:bob@x.test>", ["bob@x.test"], []),
        ("bob@x.test <mailto:bob@x.test>, anna@x.test<mailto:anna@x.test>", ["bob@x.test", "anna@x.test"], []),
        ("bob@x.test [mailto:bob@x.test]", ["bob@x.test"], []),
        ("Bob <bob@x.test<mailto:bob@x.test>>", ["bob@x.test"], []),
        ("[bob@x.test](mailto:bob@x.test)", ["bob@x.test"], []),
        ("mailto:bob@x.test?subject=Hi", ["bob@x.test"], []),
        ("bob@x.test<mailto:bob@x.tes>", ["bob@x.test"], []),
        ('"a, b"@x.test', ['"a, b"@x.test'], []),
        ("bob@x.test, bob, anna@x.test", ["bob@x.test", "anna@x.test"], ["bob"]),
        ("bob@@x.test, b ob@x.test, bob@x..test", [], ["bob@@x.test", "b ob@x.test", "bob@x..test"]),
        ("bob@x.test anna@x.test", [], ["bob@x.test anna@x.test"]),
        ("bob@x.test <anna@x.test>", [], ["bob@x.test <anna@x.test>"]),
        ("Bob <>", [], ["Bob <>"]),
        ("bob, bob", [], ["bob"]),
    ],
)
def test_of_a_list_the_good_addresses_are_taken(value: str, good: list[str], bad: list[str]) -> None:
    assert addresses_in(value) == (tuple(good), tuple(bad))


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("", []),
        ("#, ,", []),
        ("vip", ["vip"]),
        ("VIP, vip, Vip", ["VIP"]),
        ("broken parcel, new", ["broken parcel", "new"]),
        ("Возврат，новое、возврат", ["Возврат", "новое"]),
        ("#vip, # new", ["vip", "new"]),
        ("#vip #new", ["vip", "new"]),
        ("C#, F#", ["C#", "F#"]),
        ("caf\u00e9, cafe\u0301", ["caf\u00e9"]),
        ("x" * 150, ["x" * 100]),
        ("x" * 99 + " y", ["x" * 99]),
    ],
)
def test_tags_are_taken_once_in_their_first_spelling(value: str, tags: list[str]) -> None:
    assert tags_in(value) == tuple(tags)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from('ab@.<>()[]",;\\:# mailto'), max_size=80) | st.text())
def test_any_value_is_read(value: str) -> None:
    good, bad = addresses_in(value)
    assert all(is_addr_spec(each) for each in good)
    assert len(set(bad)) == len(bad)
    tags = tags_in(value)
    assert all(0 < len(each) <= 100 and each == each.strip() and "," not in each for each in tags)


@pytest.mark.parametrize("piece", ['"\\', "<", '"', "(", "[", "<a@b", "[mailto:", "a@b.c ", '"\\"', ",a", "#a ", " "])
def test_long_values_take_time_in_proportion(piece: str) -> None:
    with within_seconds(1):
        addresses_in(piece * (200_000 // len(piece)) + "<a@b.c>")
        tags_in(piece * (200_000 // len(piece)))
