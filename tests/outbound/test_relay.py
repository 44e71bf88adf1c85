"""Opening a session at a relay: whom it has to prove to be, how we log in, and what operators are told."""

import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.login import Login
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Parcel
from gateway.outbound.relay import _is_local
from gateway.outbound.retry import Deferred, Delivered, Outcome
from tests.peers.authority import Authority
from tests.peers.smtp_peer import SmtpPeer, hang, raw, reply

A = "a@client.test"
PARCEL = Parcel("1", "b@desk.test", (A,), b"From: d@desk.test\r\n\r\nbody\r\n")
DESK = Login("desk", password="s3cret-word")


async def deliver(peer: SmtpPeer, parcel: Parcel = PARCEL, **given: Any) -> Outcome:
    settings: dict[str, Any] = {"host": peer.host, "port": peer.port, "timeout": 20.0, "final_timeout": 20.0, "attempt": 40.0}
    transport = SmtpTransport(Relay(**settings | {"hostname": "desk.test"} | given))
    try:
        return (await transport.deliver(parcel))[A]
    finally:
        await transport.aclose()


async def refused(peer: SmtpPeer, **given: Any) -> str:
    """Why the letter waits, which is no fault of its own."""
    outcome = await deliver(peer, **given)
    assert isinstance(outcome, Deferred), outcome
    assert outcome.unreachable
    assert not any(each.startswith("MAIL") for each in peer.commands)
    return outcome.reply


@pytest.mark.parametrize("mechanisms", [("PLAIN", "LOGIN"), ("PLAIN",), ("LOGIN",), ("CRAM-MD5", "XOAUTH2", "LOGIN")], ids=" ".join)
async def test_the_login_is_made_by_what_the_server_offers(mechanisms: tuple[str, ...]) -> None:
    async with SmtpPeer(users={"desk": "s3cret-word"}, mechanisms=mechanisms) as peer:
        assert isinstance(await deliver(peer, login=DESK), Delivered)
        assert peer.messages[0].login == "desk"


async def test_a_mechanism_that_is_offered_in_vain_gives_way_to_the_next() -> None:
    async with SmtpPeer(users={"desk": "s3cret-word"}) as peer:
        peer.on("AUTH", reply("504 5.5.4 not PLAIN"), times=1)
        assert isinstance(await deliver(peer, login=DESK), Delivered)
        assert [each.split(" ")[1] for each in peer.commands if each.startswith("AUTH")] == ["PLAIN", "LOGIN"]


async def test_a_wrong_password_is_tried_once_and_told_with_its_user_and_server() -> None:
    async with SmtpPeer(users={"desk": "another"}) as peer:
        peer.on("AUTH", reply("535 5.7.8 no s3cret-word here"))
        told = await refused(peer, login=DESK)
        assert told == f"535 5.7.8 no … here (the login of desk at 127.0.0.1:{peer.port}; mend its user or password in the configuration)"
        assert sum(each.startswith("AUTH") for each in peer.commands) == 1


@pytest.mark.parametrize(
    ("peer", "login", "words"),
    [
        ({"users": {}, "mechanisms": ("CRAM-MD5",)}, DESK, "offers the login of desk by CRAM-MD5 alone, not by PLAIN or LOGIN"),
        ({"users": {}}, Login("desk", "xoauth2", token_command=("true",)), "by PLAIN, LOGIN alone, not by XOAUTH2"),
        ({}, DESK, 'offers no login (AUTH), which that of desk needs; it may after TLS: set security = "starttls"'),
    ],
)
async def test_a_login_that_the_server_does_not_offer_is_told(peer: dict[str, Any], login: Login, words: str) -> None:
    async with SmtpPeer(**peer) as made:
        assert words in await refused(made, login=login)


async def test_an_access_token_from_a_file_is_read_at_each_login(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first-token\n")
    login = Login("desk", "xoauth2", token_file=str(token))
    async with SmtpPeer(users={"desk": "first-token"}, mechanisms=("PLAIN", "XOAUTH2")) as peer:
        assert isinstance(await deliver(peer, login=login), Delivered)
    async with SmtpPeer(users={"desk": "second-token"}, mechanisms=("XOAUTH2",)) as peer:
        told = await refused(peer, login=login)
        assert "see to what token_file or token_command gives" in told
        assert "first-token" not in told
        token.write_text("second-token\n")
        assert isinstance(await deliver(peer, login=login), Delivered)
        token.unlink()
        assert f"the access token in {token} cannot be read" in (await deliver(peer, login=login)).reply


async def test_an_expired_access_token_is_asked_for_once_more(tmp_path: Path) -> None:
    count = tmp_path / "count"
    program = f"from pathlib import Path; p = Path({str(count)!r}); p.open('a').write('x'); print('token-' + str(len(p.read_text())))"
    login = Login("desk", "xoauth2", token_command=(sys.executable, "-c", program))
    async with SmtpPeer(users={"desk": "token-2"}, mechanisms=("XOAUTH2",)) as peer:
        assert isinstance(await deliver(peer, login=login), Delivered)
        assert "535" in await refused_after_two(peer, login)
    assert count.read_text() == "xxxx"


async def refused_after_two(peer: SmtpPeer, login: Login) -> str:
    outcome = await deliver(peer, login=login)
    assert isinstance(outcome, Deferred)
    return outcome.reply


@pytest.mark.parametrize(
    ("peer", "local"), [(("127.0.0.2", 25), True), (("::1", 25, 0, 0), True), (("192.0.2.1", 25), False), (None, False)]
)
def test_no_secret_leaves_this_machine_in_the_clear(peer: object, local: bool) -> None:
    assert _is_local(peer) is local


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_private_authority_is_trusted_by_its_file(security: str, authority: Authority) -> None:
    context = authority.context("localhost")
    async with SmtpPeer(tls=context, implicit_tls=security == "tls", users={"desk": "s3cret-word"}) as peer:
        given: dict[str, Any] = {"host": "localhost", "security": security, "login": DESK}
        assert isinstance(await deliver(peer, ca=str(authority.pem), **given), Delivered)
        assert peer.messages[0].tls
        peer.commands.clear()
        told = await refused(peer, **given)
        assert told.startswith(
            f"the certificate of localhost:{peer.port} is not to be trusted: self-signed certificate in certificate chain; "
        )
        assert told.endswith("if it is the right one, set ca to a file with its authority's certificate")


@pytest.mark.parametrize(
    ("names", "days", "words"), [(("other.test",), 1, "Hostname mismatch"), (("localhost",), -1, "certificate has expired")]
)
async def test_a_certificate_that_is_no_good_is_named_with_its_fault(
    names: tuple[str, ...], days: int, words: str, authority: Authority
) -> None:
    async with SmtpPeer(tls=authority.context(*names, days=days)) as peer:
        told = await refused(peer, host="localhost", security="starttls", ca=str(authority.pem))
        assert f"the certificate of localhost:{peer.port} is not to be trusted: {words}" in told


async def test_a_file_that_holds_no_authorities_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    async with SmtpPeer() as peer:
        assert f"{tmp_path}/empty.pem holds no certificates" in await refused(peer, security="starttls", ca=str(tmp_path / "empty.pem"))
        assert peer.connections == 0


async def test_a_server_without_starttls_is_told_nothing() -> None:
    async with SmtpPeer(users={"desk": "s3cret-word"}) as peer:
        told = await refused(peer, security="starttls", login=DESK)
        assert "does not offer STARTTLS, and nothing is told in the clear" in told
        assert [each.split(" ")[0] for each in peer.commands] == ["EHLO"]


async def test_what_was_offered_in_the_clear_counts_no_more_after_starttls(authority: Authority) -> None:
    """Whoever sits in between may have put AUTH or a reply there (RFC 3207 §4.2)."""
    async with SmtpPeer(tls=authority.context("localhost"), extensions=("PIPELINING",)) as peer:
        peer.on("STARTTLS", raw(b"220 go\r\n250-here\r\n250 AUTH PLAIN\r\n"))
        told = await refused(peer, host="localhost", security="starttls", ca=str(authority.pem), login=DESK)
        assert "offers no login (AUTH)" in told
        assert "leave user out, if it wants none" in told
        assert not any(each.startswith("AUTH") for each in peer.commands)


async def test_a_large_letter_crosses_tls_whole(authority: Authority) -> None:
    content = PARCEL.content + b"".join(b".%070d\r\n" % number for number in range(60_000))
    async with SmtpPeer(tls=authority.context("localhost")) as peer:
        outcome = await deliver(peer, Parcel("1", "", (A,), content), host="localhost", security="starttls", ca=str(authority.pem))
        assert isinstance(outcome, Delivered)
        assert peer.messages[0].content == content


async def test_a_server_that_wants_a_login_lets_letters_wait() -> None:
    async with SmtpPeer(users={"desk": "s3cret-word"}) as peer:
        outcome = await deliver(peer)
        assert outcome == Deferred("530 5.7.0 authentication required", 530, unreachable=True)


async def test_who_does_not_connect_or_greet_is_told_of_in_plain_words(tmp_path: Path) -> None:
    async with SmtpPeer(tls=Authority(tmp_path).context("localhost"), implicit_tls=True) as peer:
        told = await refused(peer, timeout=1.0)
        assert told == f'127.0.0.1:{peer.port}: no greeting within 1 s; if it speaks TLS from the start (port 465), set security = "tls"'
    assert await refused(peer) == f"127.0.0.1:{peer.port} cannot be reached: connection refused"
    async with SmtpPeer() as peer:
        peer.on("EHLO", hang())
        assert await refused(peer, timeout=1.0) == f"127.0.0.1:{peer.port}: no answer within 1 s"
