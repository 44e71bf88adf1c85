"""Addresses beyond ASCII on their way out: by A-labels where they can be, by SMTPUTF8 where they must be, and never lost in silence."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from gateway.domain.letter import Letter, Party, Recipient
from gateway.outbound.assemble import assemble, can_be_plain, copies, needs_smtputf8
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Parcel
from gateway.outbound.retry import Delivered, Outcome, Refused
from tests.outbound.letters import letter
from tests.peers.smtp_peer import SmtpPeer

ANNA, IVAN, OLGA = "anna@client.test", "иван@почта.test", "olga@почта.test"
WITHOUT = ("8BITMIME", "SIZE 100000")


def addressed(*, sender: str = "support@desk.test", reverse_path: str = "support@desk.test") -> Letter:
    recipients = (Recipient(1, ANNA), Recipient(2, IVAN), Recipient(3, OLGA))
    headers = (("From", (Party("Support", sender),)), ("To", (Party("", ANNA),)), ("Cc", (Party("Иван", IVAN), Party("", OLGA))))
    return replace(letter(*recipients), headers=headers, reverse_path=reverse_path)


def parcel(of: Letter) -> Parcel:
    [copy] = copies(of, of.recipients)
    plain = assemble(of, copy, {}, ascii_only=True) if can_be_plain(of, copy) else None
    addresses = tuple(each.address for each in of.recipients)
    return Parcel("1", copy.reverse_path, addresses, assemble(of, copy, {}), needs_smtputf8(of, copy), plain)


async def deliver(peer: SmtpPeer, what: Parcel) -> dict[str, Outcome]:
    transport = SmtpTransport(Relay(peer.host, peer.port, timeout=2.0, final_timeout=2.0, attempt=5.0, hostname="desk.test"))
    try:
        return dict(await transport.deliver(what))
    finally:
        await transport.aclose()


async def test_who_has_an_ascii_address_gets_the_letter_where_the_relay_lacks_smtputf8() -> None:
    async with SmtpPeer(extensions=WITHOUT) as peer:
        outcomes = await deliver(peer, parcel(addressed()))
    assert isinstance(outcomes[ANNA], Delivered)
    assert isinstance(outcomes[OLGA], Delivered)
    assert isinstance(outcomes[IVAN], Refused)
    assert "5.6.7" in outcomes[IVAN].reply
    [taken] = peer.messages
    assert taken.recipients == (ANNA, "olga@xn--80a1acny.test")
    assert taken.content.isascii()
    assert not any("SMTPUTF8" in each for each in peer.commands)
    read = message_from_bytes(taken.content, policy=policy.SMTP)
    assert [each.addr_spec for each in read["Cc"].addresses] == ["olga@xn--80a1acny.test"]
    assert [each.display_name for each in read["Cc"].groups if not each.addresses] == [f"Иван {IVAN}"]


async def test_all_get_it_as_it_is_where_the_relay_offers_it() -> None:
    async with SmtpPeer() as peer:
        outcomes = await deliver(peer, parcel(addressed()))
    assert all(isinstance(each, Delivered) for each in outcomes.values())
    [taken] = peer.messages
    assert taken.recipients == (ANNA, "иван@xn--80a1acny.test", "olga@xn--80a1acny.test")
    assert "SMTPUTF8" in taken.options


@pytest.mark.parametrize("changed", [{"sender": "помощь@desk.test"}, {"reverse_path": "помощь@desk.test"}])
async def test_what_comes_from_such_an_address_cannot_go_without(changed: dict[str, str]) -> None:
    async with SmtpPeer(extensions=WITHOUT) as peer:
        outcomes = await deliver(peer, parcel(addressed(**changed)))
    assert all(isinstance(each, Refused) for each in outcomes.values())
    assert not any(each.startswith("MAIL") for each in peer.commands)


async def test_a_domain_beyond_ascii_alone_needs_nothing_of_the_relay() -> None:
    of = replace(
        addressed(), recipients=(Recipient(3, OLGA),), headers=(("From", (Party("", "d@почта.test"),)), ("To", (Party("", OLGA),)))
    )
    async with SmtpPeer(extensions=WITHOUT) as peer:
        assert isinstance((await deliver(peer, parcel(of)))[OLGA], Delivered)
    assert peer.messages[0].message["From"].addresses[0].addr_spec == "d@xn--80a1acny.test"
