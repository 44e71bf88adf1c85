"""The argument of MAIL and RCPT."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingress.path import Fault, MailOptions, Path, read_mail_options, read_path

LONG_LOCAL = "bounces+123456-" + "a" * 100


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("FROM:<ann@client.test>", "ann@client.test"),
        ("from:<ann@client.test>", "ann@client.test"),
        ("FROM: <ann@client.test>", "ann@client.test"),
        ("FROM:<>", ""),
        ("FROM:<Ann.O'Neil+x=y/z@CLIENT.test>", "Ann.O'Neil+x=y/z@CLIENT.test"),
        ("FROM:<@a.test:ann@client.test>", "ann@client.test"),
        ("FROM:<@a.test,@b.test:ann@client.test>", "ann@client.test"),
        ('FROM:<"ann"@client.test>', "ann@client.test"),
        ('FROM:<"a\\nn"@client.test>', "ann@client.test"),
        ('FROM:<"ann b"@client.test>', '"ann b"@client.test'),
        ('FROM:<"a@b"@client.test>', '"a@b"@client.test'),
        ('FROM:<"a>b"@client.test>', '"a>b"@client.test'),
        ('FROM:<"a\\"b\\\\"@client.test>', '"a\\"b\\\\"@client.test'),
        ('FROM:<""@client.test>', '""@client.test'),
        ("FROM:<ann@[192.0.2.1]>", "ann@[192.0.2.1]"),
        ("FROM:<ann@[IPv6:2001:db8::1]>", "ann@[IPv6:2001:db8::1]"),
        ("FROM:<ann@my_host.test>", "ann@my_host.test"),
        ("FROM:<ann@localhost>", "ann@localhost"),
        ("FROM:<анна@почта.test>", "анна@почта.test"),
        ("FROM:<=?utf-8?q?ann=40evil.test=3E?=@client.test>", "=?utf-8?q?ann=40evil.test=3E?=@client.test"),
        (f"FROM:<{LONG_LOCAL}@client.test>", f"{LONG_LOCAL}@client.test"),
        ("TO:<postmaster>", "postmaster"),
        ("TO:<PostMaster>", "PostMaster"),
        ("FROM:<postmaster>", Fault.ADDRESS),
        ("TO:<>", Fault.ADDRESS),
        ("FROM:", Fault.ADDRESS),
        ("FROM:ann@client.test", Fault.ADDRESS),
        ("FROM:<ann>", Fault.ADDRESS),
        ("FROM:< ann@client.test>", Fault.ADDRESS),
        ("FROM:<ann@client.test >", Fault.ADDRESS),
        ("FROM:<ann@@client.test>", Fault.ADDRESS),
        ("FROM:<.ann@client.test>", Fault.ADDRESS),
        ("FROM:<a..b@client.test>", Fault.ADDRESS),
        ("FROM:<ann.@client.test>", Fault.ADDRESS),
        ("FROM:<ann@>", Fault.ADDRESS),
        ("FROM:<@client.test>", Fault.ADDRESS),
        ("FROM:<ann@-client.test>", Fault.ADDRESS),
        ("FROM:<ann@client..test>", Fault.ADDRESS),
        ("FROM:<ann@client.test.>", Fault.ADDRESS),
        ("FROM:<ann@cl$ent.test>", Fault.ADDRESS),
        ("FROM:<ann@[192.0.2.256]>", Fault.ADDRESS),
        ("FROM:<ann@[IPv6:2001:db8::g]>", Fault.ADDRESS),
        ("FROM:<ann@[relay.test]>", Fault.ADDRESS),
        (f"FROM:<ann@{'a' * 64}.test>", Fault.ADDRESS),
        (f"FROM:<ann@{'a.' * 127}test>", Fault.ADDRESS),
        (f"FROM:<{'a' * 512}@client.test>", Fault.ADDRESS),
        ('FROM:<"ann@client.test>', Fault.ADDRESS),
        ("FROM:<ann (Ann)@client.test>", Fault.ADDRESS),
        ("FROM <ann@client.test>", Fault.ARGUMENTS),
        ("TO:<ann@client.test>", Fault.ARGUMENTS),
        ("", Fault.ARGUMENTS),
        ("FROM:<ann@client.test>,<bob@client.test>", Fault.ARGUMENTS),
        ("FROM:<ann@client.test> =1", Fault.ARGUMENTS),
        ("FROM:<ann@client.test> SIZE=", Fault.ARGUMENTS),
        ("FROM:<ann@client.test> SIZE=1 size=2", Fault.ARGUMENTS),
        ("FROM:<ann@client.test>\u2028SIZE=1", Fault.ARGUMENTS),
        ("FROM:<a\u0085b@client.test>", Fault.ARGUMENTS),
        ("FROM:<a\x7fb@client.test>", Fault.ARGUMENTS),
    ],
)
def test_an_argument_reads_as(argument: str, address: str | Fault) -> None:
    keyword: Literal["FROM", "TO"] = "TO" if "<" in argument and address != Fault.ARGUMENTS and argument.startswith("TO") else "FROM"
    path = read_path(argument, keyword)
    assert (path.address if isinstance(path, Path) else path) == address


@pytest.mark.parametrize(
    ("parameters", "options"),
    [
        ("", MailOptions()),
        ("  SIZE=0", MailOptions()),
        ("SIZE=100", MailOptions(size=100)),
        ("size=100 body=8bitmime SmtpUtf8", MailOptions(size=100, smtputf8=True)),
        ("SIZE=٣", Fault.ARGUMENTS),
        ("SIZE=1_000", Fault.ARGUMENTS),
        ("SIZE=+1", Fault.ARGUMENTS),
        ("SIZE=0x1", Fault.ARGUMENTS),
        ("SIZE=1.0", Fault.ARGUMENTS),
        (f"SIZE={'9' * 21}", Fault.ARGUMENTS),
        ("BODY", Fault.ARGUMENTS),
        ("BODY=9BIT", Fault.ARGUMENTS),
        ("SMTPUTF8=YES", Fault.ARGUMENTS),
        ("AUTH=<>", Fault.UNKNOWN_PARAMETER),
        ("ENVID=1", Fault.UNKNOWN_PARAMETER),
    ],
)
def test_mail_parameters_read_as(parameters: str, options: MailOptions | Fault) -> None:
    path = read_path(f"FROM:<ann@client.test> {parameters}", "FROM")
    assert isinstance(path, Path)
    assert read_mail_options(path, extended=True) == options


def test_parameters_need_ehlo_and_non_ascii_needs_smtputf8() -> None:
    sized = Path("ann@client.test", {"SIZE": "1"})
    assert read_mail_options(sized, extended=False) is Fault.UNKNOWN_PARAMETER
    assert read_mail_options(Path("анна@client.test", {}), extended=True) is Fault.NEEDS_SMTPUTF8
    assert read_mail_options(Path("анна@client.test", {"SMTPUTF8": None}), extended=True) == MailOptions(smtputf8=True)


@given(st.text(alphabet=st.sampled_from('<>@:,."\\[] =aA1-é\u2028\x00'), max_size=60))
def test_whatever_is_read_as_an_address_is_one(text: str) -> None:
    path = read_path(f"FROM:{text}", "FROM")
    if isinstance(path, Path) and path.address:
        local, at, domain = path.address.rpartition("@")
        assert local
        assert at
        assert domain
        assert path.address.isprintable()
        assert read_path(f"FROM:<{path.address}>", "FROM") == Path(path.address, {})
