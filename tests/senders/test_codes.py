"""Codes for From addresses, and what DNS says of these, in the database (Z7)."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.auth.dns import Resolver
from gateway.desk.senders.proving import proofs_of, verified_senders
from gateway.desk.senders.verifying import CODE_DAYS, confirm, send_code
from gateway.domain.organisation import Department, FromAddress, FromServer, Organisation
from gateway.tokens.codec import Keyring, Purpose
from gateway.tokens.verification import Expired, Verified, read_sender_token, sender_token
from gateway.workers.senders import watch_senders
from storage.statements import now
from tests.auth.nameserver import Zone, name_server
from tests.desk.values import KEYRING, ORGANISATION
from tests.dnscheck.checking import OURS, OUTLET, WELL
from tests.senders.test_from_of import THEN

Sessions = async_sessionmaker[AsyncSession]
SENDER = FromAddress("hello@corp.test", "Corp")
OTHER = FromAddress("other@corp.test", "Other", enabled=False)
BOX = FromAddress("box@corp.test", "Box", server=FromServer("smtp.corp.test", 25, "none"))
DESK = replace(ORGANISATION, from_addresses=(SENDER, OTHER, BOX, FromAddress("sales@desk.test", "Sales")))


async def letters(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list((await session.execute(text("SELECT text FROM outbox_messages WHERE kind = 'verification' ORDER BY id"))).scalars())


async def watch(sessions: Sessions, zone: Zone, desk: Organisation = DESK) -> int:
    async with name_server(zone) as server:
        resolver = Resolver([server.address], seconds=2.0)
        try:
            return await watch_senders(sessions, desk, (), OUTLET, resolver, lambda: None)
        finally:
            await resolver.close()


async def test_a_new_address_is_sent_one_code_and_others_when_asked(sessions: Sessions) -> None:
    assert [await watch(sessions, WELL), await watch(sessions, WELL)] == [1, 0]
    async with sessions.begin() as session:
        assert await send_code(session, SENDER, DESK, again=True)
    codes = [re.findall(r"deskgate senders confirm (\S+)", each)[0] for each in await letters(sessions)]
    assert len(codes) == 2
    for code in codes:
        async with sessions.begin() as session:
            assert await confirm(session, code, DESK) == Verified("hello@corp.test")
    async with sessions() as session:
        assert await verified_senders(session, DESK) == {"hello@corp.test"}
        assert await verified_senders(session, replace(DESK, from_addresses=(replace(SENDER, enabled=False),))) == frozenset()


async def test_a_code_counts_for_its_own_address_and_its_own_time(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        moment = await now(session)
        over = moment - timedelta(seconds=1)
        assert await confirm(session, sender_token(KEYRING, "hello@corp.test", over), DESK) == Expired(
            "hello@corp.test", over.replace(microsecond=0)
        )
        later = moment + timedelta(days=CODE_DAYS)
        for stranger in ("x@elsewhere.test", "box@corp.test", "sales@desk.test"):
            assert await confirm(session, sender_token(KEYRING, stranger, later), DESK) is None
        assert await confirm(session, sender_token(Keyring((b"another secret altogether",)), "hello@corp.test", later), DESK) is None
        assert await proofs_of(session, ["hello@corp.test"], DESK) == {}


def test_no_other_token_serves() -> None:
    for purpose in Purpose:
        token = KEYRING.sign(purpose, b"from" + (2**31).to_bytes(4, "big"), "hello@corp.test")
        expected = Verified("hello@corp.test") if purpose is Purpose.VERIFY else None
        assert read_sender_token(KEYRING, token, ["other@corp.test", "hello@corp.test"], THEN) == expected
    assert read_sender_token(KEYRING, KEYRING.sign(Purpose.VERIFY, b"probe123", "hello@corp.test"), ["hello@corp.test"], THEN) is None


async def test_what_dns_said_last_holds_while_it_does_not_answer(sessions: Sessions) -> None:
    vouching = WELL | {("corp.test", "TXT"): [f"v=spf1 ip4:{OURS} -all"]}
    seen = []
    for zone in (WELL, vouching, WELL | {("corp.test", "TXT"): "servfail"}, WELL | {("corp.test", "TXT"): ["v=spf1 -all"]}):
        await watch(sessions, zone)
        async with sessions() as session:
            seen.append((await proofs_of(session, ["hello@corp.test"], DESK))["hello@corp.test"].aligned)
    assert seen == [None, "spf", "spf", None]


@pytest.mark.parametrize(("language", "says"), [("ru", "Подтвердите"), ("pl", "Prosimy o potwierdzenie"), ("en", "Please confirm")])
async def test_the_letter_is_in_the_departments_language(sessions: Sessions, language: str, says: str) -> None:
    sender = replace(SENDER, department="d")
    desk = replace(DESK, departments=(*DESK.departments, Department("d", "D", language=language)), from_addresses=(sender,))  # type: ignore[arg-type]  # rows are text
    async with sessions.begin() as session:
        await send_code(session, sender, desk, again=True)
        [subject] = (await session.execute(text("SELECT subject FROM outbox_messages"))).scalars()
    assert says in subject


async def test_an_address_of_an_internationalised_domain_is_named_as_people_read_it(sessions: Sessions) -> None:
    sender = replace(SENDER, address="hello@xn--80a1acny.test")
    async with sessions.begin() as session:
        await send_code(session, sender, replace(DESK, from_addresses=(sender,)), again=True)
        [(subject, words)] = (await session.execute(text("SELECT subject, text FROM outbox_messages"))).all()
    assert subject == "Please confirm hello@почта.test"
    assert "xn--" not in words
