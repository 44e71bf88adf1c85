"""The argument of MAIL and RCPT."""

from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingress.path import Fault, MailOptions, Path, read_mail_options, read_path
from tests.mail.timing import within_seconds

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


ATEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"


def read_plainly(text: str) -> str | None:
    """The address of `<…>` and nothing after it, by the grammar of RFC 5321 §4.1.2 and with no thought of speed."""
    if not (text.startswith("<") and text.endswith(">")) or not text.isprintable():
        return None
    inside = text[1:-1]
    if not inside:
        return ""
    if inside.startswith("@"):
        route, colon, inside = inside.partition(":")
        if not colon or not all(each.startswith("@") and is_domain(each[1:], loose=True) for each in route.split(",")):
            return None
    local, domain = split_plainly(inside)
    if local is None or not is_domain(domain):
        return None
    address = f"{local}@{domain}"
    return address if len(address.encode()) <= 512 else None


def split_plainly(mailbox: str) -> tuple[str | None, str]:
    if not mailbox.startswith('"'):
        local, _, domain = mailbox.partition("@")
        atoms = local.split(".")
        return (local if all(atoms) and all(each in ATEXT or ord(each) >= 0x80 for atom in atoms for each in atom) else None), domain
    content, at = "", 1
    while at < len(mailbox) and mailbox[at] != '"':
        at += mailbox[at] == "\\"
        content += mailbox[at : at + 1]
        at += 1
    if mailbox[at : at + 2] != '"@':
        return None, ""
    bare, _ = split_plainly(f"{content}@") if not content.startswith('"') and "@" not in content else (None, "")
    quoted = "".join(f"\\{each}" if each in '\\"' else each for each in content)
    return (f'"{quoted}"' if bare is None else bare), mailbox[at + 2 :]


def is_domain(text: str, *, loose: bool = False) -> bool:
    """`loose`: as source routes have it, which are forgotten anyway."""
    if text.startswith("[") and not loose:
        kind, _, rest = text[1:-1].partition(":")
        try:
            return text.endswith("]") and bool(IPv6Address(rest) if kind.upper() == "IPV6" else IPv4Address(text[1:-1]))
        except AddressValueError:
            return False
    labels = text.split(".")
    letters = all((each.isalnum() and each.isascii()) or each in "-_" or ord(each) >= 0x80 for label in labels for each in label)
    if loose:
        return bool(text) and letters and text[0] not in ".-" and text[-1] not in ".-"
    sizes = all(0 < len(label.encode()) <= 63 and label[0] != "-" != label[-1] for label in labels)
    return letters and sizes and len(text.encode()) <= 255


SIGNS = [".", "..", "@", "<", ">", '"', "\\", ",", ":", "[", "]", "-", "_", " ", "%", "(", "\u2028", "\0"]
WORDS = ["a", "B", "1", "é", "=?", "xn--", "IPv6:", "::1", "192.0.2.1", "x" * 63, "@a.test,@b.test:", "ann@client.test", '"a b"@']
PATHS = st.lists(st.sampled_from([*SIGNS, *WORDS]), max_size=10).map("".join)


@given(PATHS, st.booleans())
def test_a_path_reads_as_the_plain_reader_has_it(inside: str, enclosed: bool) -> None:
    text = f"<{inside}>" if enclosed else inside
    path = read_path(f"FROM:{text}", "FROM")
    wanted = read_plainly(text)
    if wanted is not None:
        assert path == Path(wanted, {})
    elif isinstance(path, Path):
        # It took the beginning, up to a `>`, and parameters after it.
        end = text.index(">", 1)
        while read_plainly(text[: end + 1].lstrip(" ")) != path.address:
            end = text.index(">", end + 1)
        assert text[end + 1 :].strip(" ") or text.startswith(" ") or text.endswith(" ")


@pytest.mark.parametrize(
    "hostile", ['"', "a.", "@a,", "\\", '"\\', "a", "@", "<", ">", "[", "-", "a-", "é", "<>", "@a:", '""', " a=b", " ", "=?utf-8?q?", "a@"]
)
@pytest.mark.parametrize("before", ["", "<", '<"', "<@", "<a@", "<a@b> "])
def test_no_argument_takes_long(hostile: str, before: str) -> None:
    argument = f"FROM:{before}{hostile * (4096 // len(hostile))}"
    with within_seconds(0.5):
        read_path(argument, "FROM")
        read_path(argument + ">", "FROM")
