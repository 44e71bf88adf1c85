"""The *Addresses* page: what is known of each address of one's departments, verifying it, and what DNS said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.console.probe_words import advised, seen
from gateway.console.words import words_of
from gateway.dnscheck.document import document_of
from gateway.dnscheck.findings import Finding, Publish
from gateway.dnscheck.report import Address, Report, Reported
from gateway.dnscheck.sending import Sending
from gateway.domain.fetch import Fetch, Protocol, Server
from gateway.domain.health import Seen
from gateway.domain.organisation import FromAddress, FromServer, Organisation
from gateway.domain.probes import Arrival, Place, Probe, ProbeLetter
from gateway.domain.states import OutboxState
from gateway.tokens.verification import sender_token
from storage import dns_reports, health, mailboxes, outbox, probes, schedule, senders
from tests.console.site import ADMIN, AGENT, SALES, VIEWER, ConsoleSite, Sessions, console_site
from tests.desk.values import KEYRING, ORGANISATION

BOSS = FromAddress("boss@company.test", "The Boss")
OWN = FromAddress("shop@shop.test", "Shop", "sales", server=FromServer("smtp.shop.test", 465, "tls"))
INFO = "info@company.test"
DESK = replace(
    ORGANISATION,
    gateways=(replace(ORGANISATION.gateways[0], forwarded_from=(INFO,)), *ORGANISATION.gateways[1:]),
    from_addresses=(BOSS, OWN),
)
EVERY_ADDRESS = [*(each.address for each in DESK.gateways), *(each.address for each in DESK.from_addresses)]
SUPPORT = "support@desk.test"
ARRIVED = Arrival(
    gateway=SUPPORT,
    route_reason="the envelope",
    to=(INFO,),
    to_survived=True,
    places=(Place("the envelope", SUPPORT, counts=True),),
    author="sales@desk.test",
    author_survived=True,
    answers_to_author=False,
    known_by_reply_to=False,
    reverse_path="sales@desk.test",
    path_kept=True,
    spf="pass",
    spf_domain="company.test",
    dkim="none",
    dmarc="none",
    arc="none",
    aligned=True,
    auth_reason="SPF",
)
SENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PROBE = Probe(1, INFO, "sales@desk.test", SENT, ProbeLetter(1, OutboxState.SENT, 1, "250 ok"), given_up_at=SENT + timedelta(hours=1))


async def begun(sessions: Sessions, address: str = INFO) -> int:
    async with sessions.begin() as session:
        return await probes.begin(session, address, "sales@desk.test")


async def came_back(sessions: Sessions, number: int, arrival: Arrival = ARRIVED) -> None:
    async with sessions.begin() as session:
        await probes.arrived(session, number, None, arrival)


async def dns_said(sessions: Sessions, *reported: Reported) -> None:
    async with sessions.begin() as session:
        found = Report(Sending("relay.test", ("192.0.2.1",), ()), (), reported)
        await dns_reports.keep(session, document_of(found))


def reported(address: str, *findings: Finding) -> Reported:
    return Reported(Address(address, "gateway"), findings)


async def test_each_language_has_the_whole_page(sessions: Sessions) -> None:
    await came_back(sessions, await begun(sessions))
    await dns_said(sessions, reported(SUPPORT, Finding("spf", "fault", "none", "publish", Publish("desk.test", "TXT", "v=spf1 -all"))))
    async with console_site(sessions, organisation=DESK) as site:
        for path in ("/addresses", f"/addresses/show?address={SUPPORT}", "/addresses/show?address=boss@company.test", "/addresses/probe/1"):
            for language, answer in (await site.in_each_language(path)).items():
                assert words_of(language)("addresses.title") in answer.said


async def test_each_address_stands_with_its_last_mail_its_last_proof_and_what_dns_says(sessions: Sessions) -> None:
    await came_back(sessions, await begun(sessions))
    await dns_said(sessions, reported(SUPPORT, Finding("mx", "good", "fine"), Finding("dmarc", "advice", "no policy")))
    seen_at = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    async with sessions.begin() as session:
        await health.remember_seen(session, {SUPPORT: Seen(seen_at), BOSS.address: Seen(letter_at=seen_at)})
    async with console_site(sessions, organisation=DESK) as site:
        answer = await site.get("/addresses")
    [support] = [each for each in answer.body.split("<tr>") if SUPPORT in each]
    assert "20 Nov 2026, 08:30 UTC" in support and "state-working" in support and "could be better" in support
    [boss] = [each for each in answer.body.split("<tr>") if BOSS.address in each]
    assert "20 Nov 2026, 08:30 UTC" in boss and "not confirmed" in boss
    [old] = [each for each in answer.body.split("<tr>") if "old@desk.test" in each]
    assert "switched off" in old and "none yet" in old and "not verified" in old and "not asked yet" in old


async def test_an_operator_sees_addresses_of_their_departments_alone(sessions: Sessions) -> None:
    number = await begun(sessions)
    async with console_site(sessions, SALES, DESK) as site:
        listed = await site.get("/addresses")
        assert "sales@desk.test" in listed.body and SUPPORT not in listed.body and INFO not in listed.body
        assert BOSS.address in listed.body, "one of no department is everybody's"
        assert (await site.get("/addresses/show", address=SUPPORT)).status == 404
        assert (await site.get("/addresses/show", address="sales@desk.test")).status == 200
        assert (await site.get(f"/addresses/probe/{number}")).status == 404
        assert (await site.post("/addresses/verify", address=INFO)).status == 403
        assert (await site.post("/addresses/verify", address="other@outside.test")).status == 403
        site.operator = AGENT
        assert (await site.post("/addresses/code", address=OWN.address)).status == 404
        assert (await site.get("/addresses/show", address=OWN.address)).status == 404
    assert await letters(site) == []


async def test_whoever_sees_the_default_gateway_verifies_no_other_departments(sessions: Sessions) -> None:
    async with console_site(sessions, AGENT, DESK) as site:
        assert (await site.post("/addresses/verify", address="sales@desk.test")).status == 403
        assert await letters(site) == []
        assert (await site.post("/addresses/verify", address="other@outside.test")).status == 303
        assert await letters(site) == [("probe", "other@outside.test")]


async def test_the_list_has_a_button_for_each_address_that_can_be_verified(sessions: Sessions) -> None:
    async with console_site(sessions, ADMIN, DESK) as site:
        listed = (await site.get("/addresses")).said
        assert f"Verify {INFO}" in listed and "Verify sales@desk.test" in listed
        await begun(sessions, "other@outside.test")
        assert f"Verify {INFO}" in (await site.get("/addresses")).said, "what no table names stands with the default gateway, after its own"
        assert f"Send a letter with a code {BOSS.address}" in listed
        site.operator = VIEWER
        seen = (await site.get("/addresses")).said
        assert "Verify" not in seen and "Send a letter" not in seen


async def letters(site: ConsoleSite) -> list[tuple[object, ...]]:
    return await site.rows("SELECT kind, r.address FROM outbox_messages o JOIN outbox_recipients r ON r.outbox_id = o.id ORDER BY o.id")


async def test_verifying_sends_a_probe_and_shows_what_becomes_of_it(sessions: Sessions) -> None:
    async with console_site(sessions, AGENT, DESK) as site:
        sent = await site.post("/addresses/verify", address=" Info@Company.test ")
        again = await site.post("/addresses/verify", address=INFO)
        assert sent.status == 303 and again.location == sent.location, "a form that is sent twice sends one letter"
        assert await letters(site) == [("probe", INFO)] and site.woken == ["outbox", "outbox"]
        page = await site.get("/addresses/probe/1")
        assert "The letter has not come back yet." in page.said and "It is on its way out." in page.said
        assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page.body and 'data-live="2"' in page.body
        still = await site.get("/addresses/probe/1", still="1")
        assert "refresh" not in still.body.partition("</head>")[0] and "data-live" not in still.body
        await came_back(sessions, 1)
        came = await site.get("/addresses/probe/1")
    assert "works" in came.said and "It came back." in came.said and "From was kept (support@desk.test)" in came.said
    assert "refresh" not in came.body.partition("</head>")[0] and "data-live" not in came.body
    assert [(each[0], each[1]) for each in await site.audited()] == [("gateways.verify", "done")] * 2


async def test_a_page_that_waited_for_long_looks_no_more_by_itself(sessions: Sessions) -> None:
    number = await begun(sessions)
    async with console_site(sessions, organisation=DESK) as site:
        site.later = timedelta(minutes=11)
        answer = await site.get(f"/addresses/probe/{number}")
    assert "data-live" not in answer.body and "does not look again by itself any more" in answer.said


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("nonsense", 409, "“nonsense” is no e-mail address"),
        ("*@any.test", 409, "Verify one address of it, such as probe@any.test"),
        ("old@desk.test", 409, "old@desk.test is switched off in the configuration"),
        ("", 409, "is no e-mail address"),
    ],
)
async def test_what_cannot_be_verified_is_refused_with_its_remedy(sessions: Sessions, address: str, status: int, said: str) -> None:
    async with console_site(sessions, organisation=DESK) as site:
        answer = await site.post("/addresses/verify", address=address)
        assert answer.status == status and said in answer.said
        assert await letters(site) == []


async def test_nothing_is_verified_while_sending_is_held_and_the_page_says_so(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await outbox.hold(session, "we move")
    async with console_site(sessions, organisation=DESK) as site:
        assert "Sending is paused, so nothing can be verified: we move" in (await site.get("/addresses")).said
        site.speak("pl")
        answer = await site.post("/addresses/verify", address=INFO)
        assert answer.status == 409 and "Wysyłanie jest wstrzymane, więc niczego nie można wysłać: we move" in answer.said
    assert [(each[0], each[1]) for each in await site.audited()] == [("gateways.verify", "refused")]


async def test_a_viewer_changes_nothing(sessions: Sessions) -> None:
    async with console_site(sessions, VIEWER, DESK) as site:
        for path in ("verify", "code", "confirm", "dns"):
            assert (await site.post(f"/addresses/{path}", address=INFO)).status == 403
        answer = await site.get("/addresses/show", address=SUPPORT)
    assert "<button" not in answer.body.partition("<main")[2].partition("</main")[0].replace('<button class="quiet">Ask DNS now', "")


async def test_a_from_address_is_proven_by_the_code_of_its_letter(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await schedule.take(session, "senders", "somebody", 20)
        await schedule.finish(session, "senders", "somebody", 3600)
    async with console_site(sessions, organisation=DESK) as site:
        sent = await site.post("/addresses/code", address=BOSS.address, follow=True)
        assert "A letter with a code is on its way" in sent.said and await letters(site) == [("verification", BOSS.address)]
        nothing = await site.post("/addresses/code", address=OWN.address, follow=True)
        assert "There is nothing to verify" in nothing.said
        wrong = await site.post("/addresses/confirm", code="nonsense")
        assert wrong.status == 409 and "This is no code of a From address" in wrong.said
        old = sender_token(KEYRING, BOSS.address, datetime.now(UTC) - timedelta(days=1))
        assert "Have another one sent" in (await site.post("/addresses/confirm", code=old)).said
        code = sender_token(KEYRING, BOSS.address, datetime.now(UTC) + timedelta(days=1))
        done = await site.post("/addresses/confirm", code=f" {code.upper()} ", follow=True)
        assert "The address is confirmed." in done.said and "by name only" in done.said
        async with sessions() as session:
            assert await schedule.pending(session, "senders"), "what DNS says of it is looked up at once"
            assert (await senders.proofs(session, [BOSS.address]))[BOSS.address].verified
    assert ("senders.confirm", "done") in [(each[0], each[1]) for each in await site.audited()]


async def dns_was_asked(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await schedule.take(session, "dns", "somebody", 20)
        await schedule.finish(session, "dns", "somebody", 3600)


async def test_dns_is_asked_anew_at_a_button_and_the_page_waits_for_it(sessions: Sessions) -> None:
    everything = [reported(each, Finding("mx", "good", "fine")) for each in EVERY_ADDRESS]
    await dns_said(sessions, *everything)
    await dns_was_asked(sessions)
    async with console_site(sessions, organisation=DESK) as site:
        before = await site.get("/addresses")
        assert "Asked 0 s ago." in before.said and "data-live" not in before.body
        asked = await site.post("/addresses/dns", address=SUPPORT, follow=True)
        assert "DNS is being asked." in asked.said and "data-live" in asked.body and "http-equiv" in asked.body
        await dns_was_asked(sessions)
        assert "data-live" not in (await site.get("/addresses")).body


@pytest.mark.parametrize("passed", [timedelta(0), timedelta(hours=7)])
async def test_old_answers_are_asked_for_anew_by_whoever_looks(sessions: Sessions, passed: timedelta) -> None:
    everything = [reported(each, Finding("mx", "good", "fine")) for each in EVERY_ADDRESS]
    await dns_said(sessions, *everything)
    await dns_was_asked(sessions)
    async with console_site(sessions, organisation=DESK) as site:
        site.later = passed
        assert ("DNS is being asked." in (await site.get("/addresses")).said) is bool(passed)


async def test_an_address_that_came_into_the_configuration_is_asked_about_by_whoever_looks(sessions: Sessions) -> None:
    await dns_said(sessions, *(reported(each.address, Finding("mx", "good", "fine")) for each in DESK.gateways))
    await dns_was_asked(sessions)
    async with console_site(sessions, organisation=DESK) as site:
        assert "DNS is being asked." in (await site.get("/addresses")).said


async def test_what_dns_lacks_is_told_with_the_record_to_publish(sessions: Sessions) -> None:
    long = "v=DKIM1; p=" + "A" * 300
    await dns_said(
        sessions,
        reported(
            SUPPORT,
            Finding("mx", "unknown", "the MX records could not be looked up", "try again later"),
            Finding("dkim", "fault", "no key record", "publish this record", Publish("s1._domainkey.desk.test", "TXT", long)),
        ),
    )
    async with console_site(sessions, organisation=DESK) as site:
        answer = await site.get("/addresses/show", address=SUPPORT)
    assert "DNS did not answer in time" in answer.said
    assert "The key that signs our letters is not published" in answer.said
    assert f's1._domainkey.desk.test. TXT "{long[:255]}" "{long[255:]}"' in answer.said


async def test_a_polled_mailbox_stands_with_its_state_and_what_its_server_says(sessions: Sessions) -> None:
    desk = with_mailbox(DESK)
    async with sessions.begin() as session:
        await mailboxes.expect(session, SUPPORT, "imaps://mail.test/INBOX")
        await mailboxes.take(session, SUPPORT, "somebody", 60)
        await mailboxes.fail(session, SUPPORT, "somebody", 60, "NO [AUTHENTICATIONFAILED] <b>wrong</b>")
    async with console_site(sessions, organisation=desk) as site:
        answer = await site.get("/addresses/show", address=SUPPORT)
        assert "Mailbox fails" in answer.said and "NO [AUTHENTICATIONFAILED] <b>wrong</b>" in answer.said
        assert "<b>wrong" not in answer.body and "See to the name, the password" in answer.said
        assert "fails" in (await site.get("/addresses")).said


def with_mailbox(desk: Organisation) -> Organisation:
    fetch = Fetch(Protocol.IMAPS, Server("mail.test", 993, "tls"))
    return replace(desk, gateways=(replace(desk.gateways[0], fetch=fetch), *desk.gateways[1:]))


async def test_the_whole_desks_answers_are_for_those_who_see_all_of_it(sessions: Sessions) -> None:
    await dns_said(sessions, Reported(Address("r@desk.test", "reply_address"), (Finding("mx", "fault", "nowhere", "mend it"),)))
    async with console_site(sessions, ADMIN, DESK) as site:
        assert "where agents' answers go" in (await site.get("/addresses")).said
        site.operator = AGENT
        assert "where agents' answers go" not in (await site.get("/addresses")).said


SHAPES: list[tuple[str, Probe, list[str], list[str]]] = [
    ("a redirect", replace(PROBE, arrival=ARRIVED), ["seen_to", "seen_from", "seen_path", "seen_authenticated"], []),
    (
        "a forward by Gmail that rewrites everything",
        replace(
            PROBE,
            arrival=replace(
                ARRIVED,
                provider="gmail",
                to_survived=False,
                author_survived=False,
                author=INFO,
                answers_to_author=True,
                path_kept=False,
                aligned=False,
            ),
        ),
        ["seen_provider", "seen_to_lost", "seen_from_lost", "seen_reply_to", "seen_path_rewritten", "seen_authenticated"],
        ["advice_redirect", "advice_reply_to"],
    ),
    (
        "one that breaks what proves clients",
        replace(PROBE, arrival=replace(ARRIVED, aligned=False, spf="fail", dkim="fail", arc="pass", sealers=("company.test",))),
        ["seen_to", "seen_from", "seen_path", "seen_authenticated"],
        ["advice_arc", "advice_srs", "advice_dkim"],
    ),
    (
        "one that names no gateway",
        replace(PROBE, arrival=replace(ARRIVED, gateway=None)),
        ["seen_to", "seen_from", "seen_path", "seen_authenticated"],
        ["advice_unrouted"],
    ),
    (
        "one to the wrong gateway",
        replace(PROBE, arrival=replace(ARRIVED, gateway="sales@desk.test")),
        ["seen_to", "seen_from", "seen_path", "seen_authenticated"],
        ["advice_other_gateway"],
    ),
    (
        "our own address, unsigned",
        replace(PROBE, address=SUPPORT, arrival=replace(ARRIVED, aligned=False)),
        ["seen_direct", "seen_to", "seen_from", "seen_authenticated"],
        ["advice_unsigned"],
    ),
    ("one that vanished", PROBE, [], ["advice_switched_off", "advice_spam", "advice_not_handed_on"]),
    ("our own that vanished", replace(PROBE, address=SUPPORT), [], ["advice_ours"]),
    ("one that bounced", replace(PROBE, letter=ProbeLetter(1, OutboxState.BOUNCED, 1, "550 no")), [], ["advice_refused"]),
    ("one that was cancelled", replace(PROBE, letter=ProbeLetter(1, OutboxState.CANCELLED, 0, None)), [], ["advice_cancelled"]),
    ("one that nobody takes up", replace(PROBE, letter=ProbeLetter(1, OutboxState.QUEUED, 0, None)), [], ["advice_unsent"]),
    ("one that the relay puts off", replace(PROBE, letter=ProbeLetter(1, OutboxState.QUEUED, 2, "451 later")), [], ["advice_retried"]),
    ("one whose letter is forgotten", replace(PROBE, letter=None), [], ["advice_again"]),
]


@pytest.mark.parametrize(("_name", "probe", "shown", "advice"), SHAPES, ids=[each[0] for each in SHAPES])
def test_what_a_probe_shows_is_told_and_what_to_do_in_three_languages(
    _name: str, probe: Probe, shown: list[str], advice: list[str]
) -> None:
    found = [*seen(probe), *advised(probe, DESK)]
    assert [each.key for each in found] == [*shown, *advice]
    for language in ("en", "ru", "pl"):
        for each in found:
            told = words_of(language)(f"addresses.{each.key}", **dict(each.values))
            assert told and "{" not in told


def test_a_polled_address_that_stays_silent_is_looked_for_in_its_mailbox() -> None:
    assert [each.key for each in advised(replace(PROBE, address=SUPPORT), with_mailbox(DESK))] == ["advice_polled"]
