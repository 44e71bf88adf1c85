"""What kind a message is, and why: reports in the standard's form and in mailers' own, answers of machines, questions of providers."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mail.automatic import is_list_mail, why_automatic
from gateway.mail.kind import KindVerdict, read_kind
from gateway.mail.parts import Headers, Part, Parts

PERSON = (("from", "Anna <anna@example.org>"), ("return-path", "<anna@example.org>"))
DAEMON = (("from", "Mail Delivery System <MAILER-DAEMON@mx.example.org>"), ("return-path", "<>"))


def text_part(text: str, content_type: str = "text/plain") -> Part:
    return Part(content_type, (), text, text.encode())


def kind_of(headers: Headers, subject: str = "", text: str = "", parts: Parts = ()) -> KindVerdict:
    return read_kind(headers, subject, text, parts or (text_part(text),))


STATUS = """\
Reporting-MTA: dns; mx.example.org
Arrival-Date: Wed, 12 Mar 2025 14:05:00 +0000

Original-Recipient: rfc822;nobody@example.net
Final-Recipient: rfc822; Nobody@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such
  user here

Final-Recipient: rfc822; slow@example.net
Action: delayed
Status: 4.4.1 (timed out)
"""


def test_a_delivery_status_names_each_recipient_with_what_became_of_it() -> None:
    original = Part("message/rfc822", (), None, b"From: a@b.example\r\nMessage-ID: <sent-1@mx.example.com>\r\n\r\nHello")
    verdict = kind_of(DAEMON, "Report", "See below.", (text_part("See below."), text_part(STATUS, "message/delivery-status"), original))
    assert verdict.kind == "bounce"
    assert "RFC 3464" in verdict.reason
    assert verdict.bounce is not None
    assert verdict.bounce.permanent
    assert verdict.bounce.original_message_id == "sent-1@mx.example.com"
    assert [(each.address, each.action, each.status, each.diagnostic) for each in verdict.bounce.recipients] == [
        ("Nobody@example.net", "failed", "5.1.1", "smtp; 550 5.1.1 no such user here"),
        ("slow@example.net", "delayed", "4.4.1", None),
    ]


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_a_status_that_tells_of_no_failure_is_not_permanent(action: str) -> None:
    status = f"Reporting-MTA: dns; a.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: {action}\nStatus: 4.0.0\n"
    verdict = kind_of(DAEMON, "Report", "", (text_part(status, "message/delivery-status"),))
    assert verdict.bounce is not None
    assert not verdict.bounce.permanent
    assert verdict.bounce.recipients[0].action == action


@pytest.mark.parametrize(
    ("headers", "subject", "text", "address", "permanent"),
    [
        (
            DAEMON,
            "failure notice",
            "Hi. This is the mailer.\n\n<who@example.net>:\nSorry, no mailbox here. (#5.1.1)\n",
            "who@example.net",
            True,
        ),
        (
            DAEMON,
            "Mail delivery failed: returning message to sender",
            "A message that you sent could not be delivered to its\nrecipients.\n\n  who@example.net\n    550 5.1.1 unknown\n",
            "who@example.net",
            True,
        ),
        (
            DAEMON,
            "Warning: message 1a delayed 24 hours",
            "A message has not yet been delivered to one or more recipients.\n\n  who@example.net\n\nIt will be retried.",
            "who@example.net",
            False,
        ),
        (
            DAEMON,
            "Недоставленное сообщение",
            "Ваше письмо не может быть доставлено:\n\n  who@example.net\n    550 нет такого ящика",
            "who@example.net",
            True,
        ),
        (
            (("from", "postmaster@example.net"), ("return-path", "<postmaster@example.net>")),
            "Undeliverable: Hello",
            "Your message did not reach the following recipients:\n\nwho@example.net on 12 March\n    The recipient was not found.",
            "who@example.net",
            True,
        ),
        (
            (*PERSON[:0], ("from", "System <system@example.net>"), ("x-failed-recipients", "who@example.net")),
            "Hm",
            "Something went wrong.",
            "who@example.net",
            True,
        ),
    ],
)
def test_a_mailers_own_words_tell_of_a_failed_delivery(headers: Headers, subject: str, text: str, address: str, permanent: bool) -> None:
    verdict = kind_of(headers, subject, text)
    assert verdict.kind == "bounce"
    assert verdict.bounce is not None
    assert [each.address for each in verdict.bounce.recipients] == [address]
    assert verdict.bounce.permanent is permanent


EXCHANGE = (("from", "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.net>"), ("return-path", "<>"))


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Unzustellbar: Hallo", "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:"),
        ("Non remis : Bonjour", "Échec de la remise à ces destinataires ou groupes :"),
        ("No se puede entregar: Hola", "Error de entrega a estos destinatarios o grupos:"),
        ("Non recapitabile: Ciao", "Recapito non riuscito per i seguenti destinatari o gruppi:"),
        ("Onbestelbaar: Hallo", "Kan niet bezorgen bij de volgende geadresseerden of groepen:"),
        ("Niedostarczalne: Witam", "Nie można dostarczyć do następujących adresatów lub grup:"),
        ("Não é possível entregar: Olá", "Falha na entrega para estes destinatários ou grupos:"),
        ("Не удается доставить: Привет", "Сбой доставки следующим получателям или группам:"),
        ("Недоставлене повідомлення: Привіт", "Не вдалося доставити таким одержувачам або групам:"),
        ("Nedoručitelné: Ahoj", "Doručení následujícím příjemcům nebo skupinám se nezdařilo:"),
        ("Nedoručiteľné: Ahoj", "Doručenie týmto príjemcom alebo skupinám zlyhalo:"),
        ("Går inte att leverera: Hej", "Leveransen misslyckades till följande mottagare eller grupper:"),
        ("Kan ikke leveres: Hei", "Levering mislyktes til disse mottakerne eller gruppene:"),
        ("Ikke-leverbar: Hej", "Levering til følgende modtagere eller grupper mislykkedes:"),
        ("Ei voi toimittaa: Hei", "Toimitus epäonnistui seuraaville vastaanottajille tai ryhmille:"),
        ("Kézbesíthetetlen: Szia", "A kézbesítés a következő címzettek vagy csoportok számára nem sikerült:"),
        ("Imposibil de livrat: Salut", "Livrarea nu a reușit la acești destinatari sau grupuri:"),
        ("Teslim edilemiyor: Selam", "Şu alıcılara veya gruplara teslim edilemedi:"),
        ("未送达: 你好", "未能向这些收件人或组发送邮件:"),
        ("配信不能: こんにちは", "次の受信者またはグループへの配信に失敗しました:"),
        ("배달되지 않음: x", "다음 받는 사람 또는 그룹에 배달하지 못했습니다."),
    ],
)
def test_a_report_is_known_in_every_language_by_its_sender_or_by_its_words(subject: str, text: str) -> None:
    for headers in (EXCHANGE, (("from", "postmaster@example.net"), ("return-path", "<postmaster@example.net>"))):
        verdict = kind_of(headers, subject, f"{text}\n\nvictor@example.net\n550 5.1.10 RecipientNotFound")
        assert verdict.kind == "bounce", headers
        assert verdict.bounce is not None
        assert [recipient.address for recipient in verdict.bounce.recipients] == ["victor@example.net"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Hi. I wasn't able to deliver your message.\n\n<tomato@example.net>:\n550 unknown", "tomato@example.net"),
        ("Failed to deliver to 'tomato@example.net'\nSMTP module reports: 550", "tomato@example.net"),
        ("Your message could not be delivered.\n\tRecipient: [SMTP:superuser1@example.net]\n550", "superuser1@example.net"),
        ("Письмо не доставлено по адресу hector@example.net, так как адрес не найден.", "hector@example.net"),
    ],
)
def test_an_address_is_named_whole_whatever_words_are_in_it(text: str, address: str) -> None:
    verdict = kind_of(DAEMON, "Undeliverable mail", text)
    assert verdict.bounce is not None
    assert [recipient.address for recipient in verdict.bounce.recipients] == [address]


@pytest.mark.parametrize(
    ("author", "subject", "text"),
    [
        ("noreply@parcels.example", "Ваша посылка не доставлена", "Курьер не застал вас: посылка не доставлена."),
        ("no-reply@parcels.example", "Nie można dostarczyć paczki", "Nie można dostarczyć paczki. Zadzwoń."),
        ("Parcels <delivery@parcels.example>", "Delivery failed", "Your parcel could not be delivered. Call 555-123 4567."),
    ],
)
def test_a_parcel_that_is_not_delivered_is_no_bounce(author: str, subject: str, text: str) -> None:
    assert kind_of((("from", author),), subject, text).kind == "message"


def test_the_original_id_is_read_from_the_words_below_the_divider() -> None:
    text = "<who@example.net>:\nNo user.\n\n--- Below this line is a copy.\n\nReceived: by x\nMessage-Id: <sent-2@mx.example.com>\n"
    verdict = kind_of(DAEMON, "failure notice", text)
    assert verdict.bounce is not None
    assert verdict.bounce.original_message_id == "sent-2@mx.example.com"


@pytest.mark.parametrize(
    ("subject", "text", "permanent", "said"),
    [
        (
            "failure notice",
            "I wasn't able to deliver your message.\n\n<a@b.test>:\nSorry, no mailbox here.\n",
            True,
            "Sorry, no mailbox here.",
        ),
        (
            "Delivery Status Notification (Failure)",
            "It failed permanently:\n\n  a@b.test\n\nThe server is away.\n",
            True,
            "The server is away.",
        ),
        ("Wiadomosc nie zostala dostarczona", "Nie mozna dostarczyc do: <a@b.test>\nPowod: konto\n", True, "Powod: konto"),
        (
            "Opóźnienie w doręczeniu",
            "List do a@b.test\nczeka. Próby doręczenia będą trwały.\n",
            False,
            "czeka. Próby doręczenia będą trwały.",
        ),
    ],
)
def test_what_a_report_without_codes_says_stands_behind_the_address(subject: str, text: str, permanent: bool, said: str) -> None:
    verdict = kind_of(DAEMON, subject, text)
    assert verdict.kind == "bounce"
    assert verdict.bounce is not None
    assert verdict.bounce.permanent is permanent
    assert [(each.address, each.diagnostic) for each in verdict.bounce.recipients] == [("a@b.test", said)]


@pytest.mark.parametrize(("notification", "kind"), [("Bounce", "bounce"), ("Delivery", "bounce"), ("Complaint", "complaint")])
def test_amazons_notices_are_read_by_their_type(notification: str, kind: str) -> None:
    inner = json.dumps({"notificationType": notification, "mail": {"messageId": "0101-ses"}, "recipient": "who@example.net"})
    text = json.dumps({"Type": "Notification", "Message": inner})
    assert kind_of((("from", "AWS <no-reply@sns.amazonaws.com>"),), "AWS Notification Message", text).kind == kind


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Delivery failure of my parcel", "The parcel could not be delivered. User unknown, they say."),
        ("Fwd: Undelivered Mail Returned to Sender", "What is this?\n\n> could not be delivered to <who@example.net>"),
        ("Mail delivery problem", "Why do I get 550 5.1.1 when I write to you?"),
        ("Re: Automatic reply: Hello", "Are you back?"),
        ("Отпуск", "Хочу в отпуск."),
        ("Urlaub", "Ich möchte buchen."),
        ("Auto: Versicherung", "Wie ist der Stand?"),
        ("Automatic reply does not work", "What now?"),
        ("Автоматический ответ не приходит", "Что делать?"),
    ],
)
def test_what_a_person_writes_about_such_things_is_a_message(subject: str, text: str) -> None:
    assert kind_of(PERSON, subject, text).kind == "message"


@pytest.mark.parametrize(
    ("headers", "subject"),
    [
        ((*PERSON, ("auto-submitted", "auto-replied")), "Re: Hello"),
        ((*PERSON, ("auto-submitted", "auto-replied; owner-email=anna@example.org")), ""),
        ((*PERSON, ("precedence", "auto_reply")), "Re: Hello"),
        ((*PERSON, ("x-autoreply", "yes")), "Re: Hello"),
        ((*PERSON, ("x-autorespond", "")), "Re: Hello"),
        ((*PERSON, ("auto-submitted", "auto-replied (vacation)")), "Re: Hello"),
        ((*PERSON, ("x-auto-reply-from", "anna@example.org")), "Re: Hello"),
        ((*PERSON, ("content-type", 'multipart/report; report-type="disposition-notification"; boundary=x')), "Read: Hello"),
        ((*PERSON, ("x-precedence", "auto_reply")), "Re: Hello"),
        ((*PERSON, ("x-post-messageclass", "9; Autoresponder")), "Re: Hello"),
        ((*PERSON, ("delivered-to", "Autoresponder")), "Re: Hello"),
        (PERSON, "[Auto-Reply] Hello"),
        (PERSON, "Out of Office AutoReply: Hello"),
        (PERSON, "Răspuns automat: Salut"),
        (PERSON, "Autosvar: Hej"),
        (PERSON, "Αυτόματη απάντηση: Γεια"),
        (PERSON, "自動答覆: 你好"),
        ((*PERSON, ("x-auto-response-suppress", "All")), "Afwezigheidsbericht: Hallo"),
        ((*PERSON, ("x-auto-response-suppress", "All")), "Poissaoloviesti: Hei"),
        ((*PERSON, ("x-auto-response-suppress", "All")), "I'm on vacation"),
        (PERSON, "Out of Office: Hello"),
        (PERSON, "Automatic reply: Hello"),
        (PERSON, "Автоматический ответ: Привет"),
        (PERSON, "Автоответ: Привет"),
        (PERSON, "Автоматична відповідь: Вітаю"),
        (PERSON, "Automatyczna odpowiedź: Cześć"),
        (PERSON, "Automatische Antwort: Hallo"),
        (PERSON, "Abwesenheitsnotiz: Hallo"),
        (PERSON, "Réponse automatique : Bonjour"),
        (PERSON, "Respuesta automática: Hola"),
        (PERSON, "Risposta automatica: Ciao"),
        (PERSON, "自動応答: こんにちは"),
        ((*PERSON, ("x-auto-response-suppress", "All")), "В отпуске до мая"),
        ((("from", "Anna <anna@example.org>"), ("return-path", "<>")), "Urlop do 5 maja"),
    ],
)
def test_the_answer_of_a_machine_is_an_auto_reply(headers: Headers, subject: str) -> None:
    verdict = kind_of(headers, subject, "I am away.")
    assert verdict.kind == "auto_reply"
    assert verdict.reason


def test_a_feedback_report_is_a_complaint() -> None:
    part = text_part("Feedback-Type: abuse\n", "message/feedback-report")
    assert kind_of(PERSON, "Fw: Hello", "Abuse", (part,)).kind == "complaint"


@pytest.mark.parametrize(
    ("author", "subject", "text", "code", "link"),
    [
        (
            "Gmail Team <forwarding-noreply@google.com>",
            "(#123456789) Gmail Forwarding Confirmation - Receive Mail from anna@example.org",
            "Confirmation code: 123456789\n\nhttps://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-x\n",
            "123456789",
            "https://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-x",
        ),
        (
            "Команда Gmail <forwarding-noreply@google.com>",
            "(#987654321) Подтверждение пересылки Gmail",
            "Код подтверждения: 987654321\nhttps://mail.google.com/mail/vf-abc",
            "987654321",
            "https://mail.google.com/mail/vf-abc",
        ),
        (
            "Яндекс Почта <noreply@yandex.ru>",
            "Подтверждение пересылки писем",
            "Перейдите: https://mail.yandex.ru/filters-confirm?e=abc.",
            None,
            "https://mail.yandex.ru/filters-confirm?e=abc",
        ),
        (
            "Zespół Gmail <forwarding-noreply@google.com>",
            "Potvrzení přesměrování služby Gmail",
            "Potvrzovací kód: 123456789\nhttps://mail-settings.google.com/mail/vf-abc",
            "123456789",
            "https://mail-settings.google.com/mail/vf-abc",
        ),
        (
            "hello@mail.yandex.ru",
            "Подтвердите пересылку писем",
            "https://mail.yandex.ru/filters-confirm?e=abc",
            None,
            "https://mail.yandex.ru/filters-confirm?e=abc",
        ),
        (
            "noreply@corp.mail.ru",
            "Подтверждение пересылки",
            "https://e.mail.ru/settings/forward?code=abc",
            None,
            "https://e.mail.ru/settings/forward?code=abc",
        ),
        ("Zoho Mail <noreply@zohomail.com>", "Email forwarding verification", "Verification code: 4F6G7H", "4F6G7H", None),
        (
            "Microsoft <account-security-noreply@accountprotection.microsoft.com>",
            "Verify your email address",
            "Your security code: 135790",
            "135790",
            None,
        ),
    ],
)
def test_a_providers_question_carries_its_code_and_link(author: str, subject: str, text: str, code: str | None, link: str | None) -> None:
    verdict = kind_of((("from", author), ("auto-submitted", "auto-generated")), subject, text)
    assert (verdict.kind, verdict.code, verdict.link) == ("forwarding_confirmation", code, link)


def test_a_stranger_who_uses_a_providers_words_confirms_nothing() -> None:
    assert kind_of(PERSON, "Gmail Forwarding Confirmation", "Confirmation code: 123456789").kind == "message"
    for author in ("anna@mail.ru", "anna-team@yandex.ru", "anna@outlook.com", "anna@zohomail.com"):
        text = "Security code: 123456, see https://e.mail.ru/forward https://mail.yandex.ru/x https://outlook.live.com/x"
        assert kind_of((("from", author),), "Пересылка (forwarding) не работает", text).kind == "message"


@pytest.mark.parametrize(
    "author",
    [
        '"forwarding-noreply@google.com" <eve@evil.test>',
        "forwarding-noreply@google.com <eve@evil.test>",
        "forwarding-noreply@google.com.evil.test",
        "not-forwarding-noreply@google.com",
        "noreply@yandex.ru.evil.test",
        "noreply@notyandex.ru",
        "noreply@zoho.com.evil.test",
        "noreply@outlook.com.evil.test",
    ],
)
def test_who_only_looks_like_a_provider_confirms_nothing(author: str) -> None:
    text = "Confirmation code: 123456789\n" + "\n".join(
        f"https://{host}/x" for host in ("mail.google.com/mail", "mail.yandex.ru", "mail.zoho.com", "outlook.live.com")
    )
    assert kind_of((("from", author),), "Forwarding: пересылка", text).kind == "message"


def test_mail_without_subject_text_and_attachment_is_empty() -> None:
    image = Part("image/png", (), None, b"png")
    attached = Part("text/plain", (("content-disposition", "attachment; filename=a.txt"),), "a", b"a")
    assert kind_of(PERSON, " ", "\n", (text_part("\n"),)).kind == "empty"
    assert kind_of(PERSON, "", "", (image,)).kind == "message"
    assert kind_of(PERSON, "", "", (attached,)).kind == "message"
    assert kind_of(PERSON, "Hello", "").kind == "message"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (("auto-submitted", "auto-generated"), "Auto-Submitted"),
        (("precedence", "bulk"), "Precedence"),
        (("return-path", "<>"), "null"),
        (("from", "postmaster@example.org"), "mail system"),
        (("list-id", "<a.example.org>"), "mailing list"),
        (("x-auto-response-suppress", "OOF, AutoReply"), "autoreply, oof"),
        (("x-autoreply", "yes"), "x-autoreply"),
    ],
)
def test_why_nothing_automatic_may_answer(field: tuple[str, str], said: str) -> None:
    assert said in (why_automatic((field,)) or "")


@pytest.mark.parametrize("headers", [PERSON, (*PERSON, ("auto-submitted", "no")), (*PERSON, ("precedence", "normal"))])
def test_a_persons_own_mail_may_be_answered(headers: Headers) -> None:
    assert why_automatic(headers) is None
    assert not is_list_mail(headers)


pieces = st.sampled_from(
    ["Final-Recipient: rfc822; a@b.example\n", "Action: failed\n", "\n", "Status: 5.1.1\n", " folded\n", "<a@b.example>:\n", "550 no"]
)


@given(st.lists(pieces, max_size=20).map("".join) | st.text(max_size=200), st.text(max_size=60), st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_has_a_kind(text: str, subject: str, content: bytes) -> None:
    parts = (text_part(text.replace("\ud800", "")), Part("message/rfc822", (), None, content), Part("multipart/report", (), None, content))
    for headers in (PERSON, DAEMON, (("from", text), ("to", subject))):
        assert read_kind(headers, subject, text, parts).reason


@pytest.mark.parametrize(
    "text", [">\n" * 100_000, "\n" * 200_000, "-" * 200_000, "<a@b.example>:\n" * 15_000, "a" * 200_000, "Received: x\n" * 15_000]
)
@pytest.mark.timeout(20)
def test_hostile_reports_take_no_time(text: str) -> None:
    assert kind_of(DAEMON, "x", text).reason
