"""The probe reader on mail as each provider forwards it: the fields that it writes, what it keeps, and the report that follows.

docs/connecting.md says of each provider what these rows show.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from gateway.desk.decide import decide
from gateway.desk.forwarding.decision import WRITTEN
from gateway.desk.forwarding.forwarders import PROVIDERS, provider_of
from gateway.desk.forwarding.probing import probe_letter
from gateway.desk.forwarding.report import Report, in_words, report
from gateway.domain.decision import Decision
from gateway.domain.facts import Facts, SentLetter
from gateway.domain.letter import Party
from gateway.domain.organisation import Gateway, Organisation
from gateway.domain.ours import Ours
from gateway.domain.probes import Arrival, KnownProbe, Probe
from gateway.domain.states import InboundState, OutboxState
from gateway.domain.steps import MarkAnswered, MarkArrived, MarkBounced
from gateway.domain.verdict import Verdict
from gateway.mail.parse import parse_message
from gateway.tokens.codec import Keyring
from gateway.tokens.probe import probe_in, probe_mark
from tests.desk.values import NOTHING, ORGANISATION
from tests.forwarding.test_missing import letter

BOX = "info@company.test"
DESK = "support@desk.test"
NUMBER = 7
SENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KNOWN = KnownProbe(NUMBER, BOX, DESK)
PROBE = Probe(NUMBER, BOX, DESK, SENT)
LETTER = probe_letter(NUMBER, BOX, Party("Support", DESK), ORGANISATION)
MARK = probe_mark(Keyring(ORGANISATION.desk.secrets), NUMBER)
OURS = "from {host} (unknown [192.0.2.9]) by mx.desk.test (Deskgate) with ESMTP id 1; Sat, 21 Nov 2026 12:00:05 +0000"


OF_THE_FORWARDER = Verdict(spf="pass", spf_domain="company.test", source="peer", reason="nothing authenticates the author's desk.test")


@dataclass(frozen=True, slots=True)
class Shape:
    """`fields` stand on top of the probe's own; `forward` is the mailbox that writes a mail of its own around it."""

    host: str
    fields: tuple[tuple[str, str], ...]
    reverse_path: str
    forward: str | None = None
    verdict: Verdict = OF_THE_FORWARDER


SHAPES = {
    "gmail": Shape(
        "mail-ed1-f52.google.com",
        (
            ("Received", "by mail-ed1-f52.google.com with SMTP id 4fb4d7; Sat, 21 Nov 2026 04:00:04 -0800 (PST)"),
            ("X-Gm-Message-State", "AOJu0Yx"),
            ("X-Forwarded-To", DESK),
            ("X-Forwarded-For", f"{BOX} {DESK}"),
            ("Delivered-To", BOX),
            ("ARC-Seal", "i=1; a=rsa-sha256; t=1795262404; cv=none; d=google.com; s=arc-20240605; b=abc"),
        ),
        "info+caf_=support=desk.test@company.test",
        verdict=Verdict(spf="pass", spf_domain="company.test", arc="pass", source="peer", reason="nothing authenticates it"),
    ),
    "exchange": Shape(
        "EUR05-DB8-obe.outbound.protection.outlook.com",
        (
            ("Received", "from AM0.eurprd05.prod.outlook.com by DB8.eurprd05.prod.outlook.com with Microsoft SMTP Server (version=TLS1_3)"),
            ("X-MS-Exchange-ForwardingLoop", f"{BOX};1f0c"),
            ("X-MS-Exchange-Organization-AuthAs", "Anonymous"),
            ("Resent-From", f"<{BOX}>"),
        ),
        "info+SRS=abcde=XX=desk.test=support@company.test",
    ),
    "exchange forward": Shape(
        "EUR05-DB8-obe.outbound.protection.outlook.com",
        (
            ("Received", "from AM0.eurprd05.prod.outlook.com by DB8.eurprd05.prod.outlook.com with Microsoft SMTP Server (version=TLS1_3)"),
            ("X-MS-Exchange-Inbox-Rules-Loop", BOX),
            ("X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent"),
        ),
        BOX,
        forward=BOX,
    ),
    "outlook.com": Shape(
        "mail-oln040092064015.outbound.protection.outlook.com",
        (("X-OriginatorOrg", "outlook.com"), ("X-MS-Exchange-CrossTenant-Id", "84df9e7f")),
        BOX,
        forward=BOX,
    ),
    "yandex": Shape(
        "forward500b.mail.yandex.net",
        (
            ("Received", "from mail-nwsmtp-mxfront.yandex.net by forward500b.mail.yandex.net (Yandex) with ESMTPS id abc"),
            ("X-Yandex-Forward", "0c3a4b"),
            ("Delivered-To", BOX),
        ),
        DESK,
        verdict=Verdict(spf="fail", spf_domain="desk.test", dkim="pass", aligned=True, source="peer", reason="DKIM passed for desk.test"),
    ),
    "zoho": Shape(
        "sender-of-o51.zoho.com",
        (
            ("Received", "from mx.zohomail.com by sender-of-o51.zoho.com with SMTPS id 179"),
            ("X-ZohoMail-Owner", BOX),
            ("X-Zoho-Virus-Status", "1"),
        ),
        "info+bounces@company.test",
    ),
    "cpanel": Shape(
        "server7.host.test",
        (
            ("Received", "from mx.desk.test by server7.host.test with esmtps (Exim 4.96.2) id 1abc"),
            ("X-AntiAbuse", "This header was added to track abuse"),
            ("Envelope-To", BOX),
        ),
        "SRS0=tEsT=XX=desk.test=support@company.test",
    ),
    "exim": Shape(
        "mail.company.test",
        (("Received", "from mx.desk.test by mail.company.test with esmtps (Exim 4.96) (envelope-from <support@desk.test>) id 1abc"),),
        DESK,
        verdict=Verdict(spf="fail", spf_domain="desk.test", source="peer", reason="nothing authenticates the author's desk.test"),
    ),
    "postfix": Shape(
        "mail.company.test",
        (("Received", "from mx.desk.test by mail.company.test (Postfix) with ESMTP id ABC for <info@company.test>"),),
        DESK,
        verdict=Verdict(spf="fail", spf_domain="desk.test", source="peer", reason="nothing authenticates the author's desk.test"),
    ),
}


def forwarded(shape: Shape) -> bytes:
    """What comes to us: the probe below the forwarder's fields, or within its own mail."""
    top = [("Received", OURS.format(host=shape.host)), *shape.fields]
    mail = EmailMessage()
    if shape.forward is None:
        mail["From"], mail["To"], mail["Subject"] = f"Support <{DESK}>", BOX, LETTER.subject
        mail["Message-ID"], mail["Auto-Submitted"], mail["X-Deskgate-Probe"] = LETTER.message_id, "auto-generated", MARK
        mail.set_content(LETTER.text)
    else:
        mail["From"], mail["To"], mail["Subject"] = shape.forward, DESK, f"FW: {LETTER.subject}"
        mail["Message-ID"] = "<AM0PR05@AM0PR05.eurprd05.prod.outlook.com>"
        block = f"From: Support <{DESK}>\nSent: Saturday, November 21, 2026 12:00 PM\nTo: {BOX}\nSubject: {LETTER.subject}"
        mail.set_content(f"\n\n________________________________\n{block}\n\n{LETTER.text}")
    mail["Date"] = "Sat, 21 Nov 2026 12:00:00 +0000"
    return "".join(f"{name}: {value}\r\n" for name, value in top).encode() + mail.as_bytes().replace(b"\n", b"\r\n")


def settled(
    content: bytes,
    reverse_path: str = DESK,
    verdict: Verdict = NOTHING,
    organisation: Organisation = ORGANISATION,
    recipients: tuple[str, ...] = (DESK,),
    probe: KnownProbe | None = KNOWN,
    **facts: object,
) -> Decision:
    message = parse_message(content, Ours(addresses=(DESK,), domains=("desk.test",)))
    return decide(message, recipients, reverse_path, verdict, Facts(probe=probe, **facts), organisation)  # type: ignore[arg-type]


def arrival_of(decision: Decision) -> Arrival:
    [step] = decision.steps
    assert isinstance(step, MarkArrived), decision.why
    assert (decision.state, decision.outcome, step.probe) == (InboundState.DONE, "probe", NUMBER)
    return step.arrival


def told_of(arrival: Arrival, organisation: Organisation = ORGANISATION) -> Report:
    return report(replace(PROBE, arrival=arrival, arrived_at=SENT + timedelta(seconds=4.2)), organisation)


@pytest.mark.parametrize("name", SHAPES)
def test_each_providers_mail_is_recognised_and_never_a_ticket(name: str) -> None:
    shape = SHAPES[name]
    arrival = arrival_of(settled(forwarded(shape), shape.reverse_path, shape.verdict))
    told = told_of(arrival)
    assert arrival.provider == name.split(" ")[0]
    assert told.state == ("working" if shape.forward is None else "impaired")
    assert told.found[0] == "it came back after 4.2 s, to support@desk.test"
    assert f"forwarded by {PROVIDERS[arrival.provider].name}" in told.found[1]
    assert arrival.author_survived is (shape.forward is None)
    if shape.forward is not None:
        assert f"let it redirect, so that From stays: {PROVIDERS[arrival.provider].name}" in told.advice[0]


@pytest.mark.parametrize(
    ("name", "found", "advised"),
    [
        ("gmail", ("X-Forwarded-To (support@desk.test)", "rewritten to info+caf_", "ARC pass, sealed by google.com"), ('["google.com"]',)),
        ("exchange", ("To survived", "rewritten to info+SRS="), ()),
        (
            "exchange forward",
            ("From was replaced by info@company.test", "To was lost"),
            ("redirect the message to", "ForwardingSmtpAddress"),
        ),
        ("outlook.com", ("From was replaced",), ("“Redirect to” instead of “Forward to”",)),
        ("yandex", ("To survived", "no SRS", "DKIM pass"), ()),
        ("cpanel", ("rewritten to SRS0=tEsT=XX=desk.test=support@company.test (SRS)",), ()),
        ("postfix", ("SPF fail for desk.test",), ("SPF fails because the forwarder sends with the author's return address", "postsrsd")),
    ],
)
def test_the_report_says_what_survived_and_what_to_do(name: str, found: tuple[str, ...], advised: tuple[str, ...]) -> None:
    shape = SHAPES[name]
    told = told_of(arrival_of(settled(forwarded(shape), shape.reverse_path, shape.verdict)))
    for each in found:
        assert each in "\n".join(told.found), each
    for each in advised:
        assert each in "\n".join(told.advice), each
    assert bool(told.advice) is bool(advised), told.advice


def on_the_way(how: str) -> bytes:
    """The probe as servers change it that keep From."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Support <{DESK}>", BOX, LETTER.subject
    mail["Message-ID"], mail["Auto-Submitted"], mail["X-Deskgate-Probe"] = LETTER.message_id, "auto-generated", MARK
    match how:
        case "with a footer":
            mail.set_content(f"{LETTER.text}\n_____\nThis mail came by the list of company.test.\n")
        case "with a tag in the subject":
            mail.replace_header("Subject", f"[EXTERNAL] {LETTER.subject}")
            mail.set_content(LETTER.text)
        case "in base64":
            mail.set_content(LETTER.text, cte="base64")
        case "as HTML, with a subject and fields of its own":
            mail.replace_header("Subject", "Weiterleitung")
            mail.replace_header("Message-ID", "<new@company.test>")
            del mail["X-Deskgate-Probe"]
            mail.set_content("".join(f"<p>{line}</p>" for line in LETTER.text.splitlines()), subtype="html")
    return mail.as_bytes()


@pytest.mark.parametrize(
    "how", ["with a footer", "with a tag in the subject", "in base64", "as HTML, with a subject and fields of its own"]
)
def test_what_servers_do_to_it_does_not_hide_the_mark(how: str) -> None:
    arrival = arrival_of(settled(on_the_way(how)))
    assert arrival.works and not arrival.enclosed


def test_a_mail_server_that_anybody_may_run_says_nothing_of_the_mailbox_behind_it() -> None:
    shape = replace(SHAPES["postfix"], forward=BOX)
    told = told_of(arrival_of(settled(forwarded(shape))))
    assert told.advice[0].startswith("let it redirect, so that From stays: Postfix")
    for name in ("Microsoft 365 or Exchange", "Gmail", "Outlook.com", "Yandex", "Zoho"):
        assert any(each.startswith(f"{name}: ") for each in told.advice), name


@pytest.mark.parametrize(
    ("fields", "mailbox", "provider"),
    [
        ((), "info@company.test", "postfix"),
        ((), "info@gmail.com", "gmail"),
        ((), "info@hotmail.co.uk", "outlook.com"),
        ((), "info@yandex.ru", "yandex"),
        ((), "info@zohomail.eu", "zoho"),
        ((), "info@notgmail.com", "postfix"),
        ((), "info@gmail.com.test", "postfix"),
        ((("x-yandex-forward", "0c3a4b"),), "info@company.test", "yandex"),
        ((("x-ms-exchange-inbox-rules-loop", "info@company.test"),), "info@company.test", "exchange"),
        ((("x-deskgate-probe", MARK), ("auto-submitted", "auto-generated")), "info@company.test", "postfix"),
        ((("received", "from a by mail-ed1-f52.google.com with SMTP id 1"),), "info@yandex.ru", "gmail"),
    ],
)
def test_who_forwards_is_told_by_servers_then_by_mailbox_and_fields(
    fields: tuple[tuple[str, str], ...], mailbox: str, provider: str
) -> None:
    assert provider_of((("received", "from b by mail.company.test (Postfix) with ESMTP id 2"), *fields), WRITTEN, mailbox) == provider


def test_mail_that_comes_here_directly_was_forwarded_by_nobody() -> None:
    probe = replace(PROBE, address=DESK, author="sales@desk.test")
    known = KnownProbe(NUMBER, DESK, "sales@desk.test")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["X-Deskgate-Probe"] = "sales@desk.test", DESK, LETTER.subject, MARK
    mail.set_content(LETTER.text)
    verdict = Verdict(spf="fail", spf_domain="desk.test", source="peer", reason="nothing authenticates the author's desk.test")
    content = b"Received: from relay.test by relay.test (Postfix) with ESMTP id 1\r\n" + mail.as_bytes()
    arrival = arrival_of(settled(content, "sales@desk.test", verdict, probe=known))
    told = report(replace(probe, arrival=arrival, arrived_at=SENT), ORGANISATION)
    assert told.state == "working" and told.why is None
    assert "nobody forwarded it" in told.found[1]
    assert not [each for each in (*told.found, *told.advice) if "SRS" in each or "redirect" in each or "Postfix" in each]
    assert "`deskgate check --dns` says what to publish" in told.advice[0]


def test_what_only_the_envelope_names_is_found_by_route_by_alone() -> None:
    organisation = replace(ORGANISATION, desk=replace(ORGANISATION.desk, route_by=("to",)))
    told = told_of(arrival_of(settled(forwarded(SHAPES["gmail"]), organisation=organisation)), organisation)
    assert told.state == "impaired"
    assert "nothing that desk.route_by looks at names a gateway" in "\n".join(told.found)
    assert '"delivered-to" or "envelope" to desk.route_by' in "\n".join(told.advice)


def test_an_author_in_reply_to_is_known_where_clients_are_known_by_it() -> None:
    content = b"Reply-To: support@desk.test\r\n" + forwarded(SHAPES["exchange forward"])
    told = told_of(arrival_of(settled(content)))
    assert told.state == "impaired" and 'client_identity = "reply-to"' in "\n".join(told.advice)
    organisation = replace(ORGANISATION, desk=replace(ORGANISATION.desk, client_identity="reply-to"))
    assert told_of(arrival_of(settled(content, organisation=organisation)), organisation).state == "working"


def test_one_that_came_to_another_gateway_than_its_table_names_is_told() -> None:
    other = Gateway("billing@desk.test", "Billing", "support", forwarded_from=(BOX,))
    organisation = replace(ORGANISATION, gateways=(*ORGANISATION.gateways, other))
    told = told_of(arrival_of(settled(forwarded(SHAPES["postfix"]), organisation=organisation)), organisation)
    assert "it was to come to billing@desk.test and came to support@desk.test" in "\n".join(told.advice)


@pytest.mark.parametrize("left", ["subject", "text", "field", "id", "enclosed"])
def test_the_mark_is_found_wherever_one_survives(left: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = BOX, DESK
    mail["Subject"] = f"Fwd: {LETTER.subject}" if left == "subject" else "Fwd:"
    if left == "field":
        mail["X-Deskgate-Probe"] = MARK.upper()
    mail["Message-ID"] = LETTER.message_id if left == "id" else "<new@company.test>"
    mail.set_content(LETTER.text if left == "text" else "See below.")
    if left == "enclosed":
        original = EmailMessage()
        original["Subject"], original["X-Deskgate-Probe"] = "Check", MARK
        original.set_content("Nothing.")
        mail.add_attachment(original)
    assert arrival_of(settled(mail.as_bytes())).enclosed is (left in ("field", "id", "enclosed"))


FORGED = probe_mark(Keyring((b"another secret of somebody else's",)), NUMBER)


def test_a_forged_mark_is_no_mark() -> None:
    content = forwarded(SHAPES["gmail"]).replace(MARK.encode(), FORGED.encode())
    assert FORGED.encode() in content and probe_in(Keyring(ORGANISATION.desk.secrets), FORGED) is None
    decision = settled(content, probe=None)
    assert decision.outcome != "probe" and not [each for each in decision.steps if isinstance(each, MarkArrived)]


@pytest.mark.parametrize("probe", [replace(KNOWN, seen=True), None], ids=["seen before", "unknown here"])
def test_a_replayed_mark_changes_nothing(probe: KnownProbe | None) -> None:
    decision = settled(forwarded(SHAPES["gmail"]), probe=probe)
    assert (decision.state, decision.outcome, decision.steps) == (InboundState.DONE, "probe", ())
    assert "nothing changes" in decision.why


def test_a_persons_answer_to_a_probe_is_mail_like_any_other() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Eve <{BOX}>", DESK, f"Re: {LETTER.subject}"
    mail["In-Reply-To"] = LETTER.message_id
    mail.set_content(f"What is this?\n\n> {MARK}\n")
    decision = settled(mail.as_bytes(), reverse_path=BOX)
    assert decision.outcome == "ticket"


def test_a_programs_answer_to_a_probe_is_remembered_and_no_ticket() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = BOX, DESK, f"Automatic reply: {LETTER.subject}"
    mail["Auto-Submitted"], mail["In-Reply-To"] = "auto-replied", LETTER.message_id
    mail.set_content("I am away.")
    decision = settled(mail.as_bytes(), reverse_path="")
    assert (decision.outcome, decision.steps) == ("probe", (MarkAnswered(NUMBER),))


def test_a_bounce_with_the_mark_is_a_bounce_of_the_probe() -> None:
    reported = SentLetter(3, 4, BOX, None, "probe", None)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "MAILER-DAEMON@company.test", DESK, "Undelivered Mail Returned to Sender"
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(f"The following message could not be delivered to <{BOX}>: 550 5.1.1 no such user\n\nSubject: {LETTER.subject}\n")
    decision = settled(mail.as_bytes(), reverse_path="", reported=(reported,))
    assert decision.outcome == "bounce"
    assert [type(each) for each in decision.steps] == [MarkBounced]


@pytest.mark.parametrize("language", ["en", "ru", "pl"])
def test_agents_are_told_in_their_language(language: str) -> None:
    words = {
        in_words(each, language)  # type: ignore[arg-type]
        for each in (
            letter(OutboxState.SENT),
            letter(OutboxState.FAILED, reply="554 no"),
            letter(OutboxState.QUEUED, reply="451 later"),
            replace(PROBE, arrival=arrival_of(settled(forwarded(SHAPES["outlook.com"])))),
            replace(PROBE, arrival=arrival_of(settled(forwarded(SHAPES["gmail"]))), arrived_at=SENT + timedelta(seconds=3)),
            replace(PROBE, arrival=replace(arrival_of(settled(forwarded(SHAPES["gmail"]))), gateway=None)),
        )
    }
    assert len(words) == 6 and all("{" not in each for each in words)
