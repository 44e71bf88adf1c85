"""`[outbound]` and `[from_address.smtp]`, from the file to the wire."""

import stat
import sys
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

from gateway.app.sender import sending, transport
from gateway.app.senders import own_transports
from gateway.config.load import load
from gateway.config.settings import Settings
from gateway.outbound.delivery import Parcel
from gateway.outbound.retry import Delivered, Refused
from tests.peers.authority import Authority
from tests.peers.smtp_peer import SmtpPeer

A = "a@client.test"
PARCEL = Parcel("1", "b@desk.test", (A,), b"From: d@desk.test\r\n\r\nbody\r\n")
REST = '[[gateway]]\naddress = "support@desk.test"\n'


def configured(folder: Path, text: str) -> Settings:
    (folder / "config.toml").write_text(REST + text)
    return load(folder / "config.toml").settings


@pytest.fixture
def idle() -> AsyncEngine:
    """Relays need no database."""
    return create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")


async def test_a_relay_with_a_private_authority_and_an_access_token(tmp_path: Path, idle: AsyncEngine) -> None:
    authority = Authority(tmp_path)
    (tmp_path / "token").write_text("a-token\n")
    async with SmtpPeer(tls=authority.context("localhost"), users={"desk@desk.test": "a-token"}, mechanisms=("XOAUTH2",)) as peer:
        settings = configured(
            tmp_path,
            f"[outbound]\nrelay = 'localhost:{peer.port}'\nsecurity = 'starttls'\nca = '{authority.pem.name}'\n"
            "user = 'desk@desk.test'\nauth = 'xoauth2'\ntoken_file = 'token'\nletters_per_connection = 2\nmax_message_size = 100\n",
        )
        relay = transport(settings, async_sessionmaker(idle))
        for _ in range(3):
            assert isinstance((await relay.deliver(PARCEL))[A], Delivered)
        too_large = (await relay.deliver(Parcel("1", "", (A,), PARCEL.content + b"x" * 100 + b"\r\n")))[A]
        await relay.aclose()
    assert isinstance(too_large, Refused)
    assert {(each.login, each.tls) for each in peer.messages} == {("desk@desk.test", True)}
    assert [each.connection for each in peer.messages] == [1, 1, 2]


async def test_a_server_of_an_address_of_its_own(tmp_path: Path) -> None:
    program = tmp_path / "token.py"
    program.write_text(f"#!{sys.executable}\nprint('from-a-program')\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    async with SmtpPeer(users={"sales": "from-a-program"}, mechanisms=("PLAIN", "XOAUTH2")) as peer:
        settings = configured(
            tmp_path,
            "[[from_address]]\naddress = 'sales@desk.test'\n[from_address.smtp]\nhost = 'localhost'\nsecurity = 'none'\n"
            f"port = {peer.port}\nuser = 'sales'\nauth = 'xoauth2'\ntoken_command = ['{program}']\n",
        )
        [own] = own_transports(settings).values()
        assert isinstance((await own.deliver(PARCEL))[A], Delivered)
        await own.aclose()
    assert peer.messages[0].login == "sales"


def test_how_long_letters_are_tried_is_configured(tmp_path: Path) -> None:
    text = "[outbound]\nwarn_hours = 0.5\n[outbound.retry]\nfirst_delay = 5\nmax_delay = 50\n"
    policy = sending(configured(tmp_path, text), shadow=False).policy
    assert (policy.first, policy.longest, policy.warn_after) == (5, 50, 1800)
    policy = sending(configured(tmp_path, ""), shadow=False).policy
    assert (policy.first, policy.longest, policy.warn_after) == (60, 4 * 3600, 4 * 3600)
