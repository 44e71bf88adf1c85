"""What kind of mail a message is, and why we think so."""

import re
from dataclasses import dataclass

from gateway.mail.address import parse_mailboxes
from gateway.mail.automatic import why_auto_reply
from gateway.mail.bounce import notified_complaint, read_bounce
from gateway.mail.complaint import read_complaint
from gateway.mail.message import Bounce, Complaint, Kind
from gateway.mail.parts import Headers, Parts, header


@dataclass(frozen=True, slots=True)
class KindVerdict:
    """`reason` says in words what the kind was recognised by. `code` and `link` are those of a forwarding confirmation."""

    kind: Kind
    reason: str
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    code: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class _Confirmation:
    """How a provider asks whether mail may be forwarded to us. `author` is a whole address: anybody may write another's into their name, or
    have a domain that begins like it."""

    provider: str
    author: str
    subject: str
    link: str


# Their users have addresses at the same domains, and write about forwarding too.
_ROBOT = (
    r"(?:[\w.+-]*no-?_?reply[\w.-]*|devnull|hello|mailer|robot|team|support|security|outlook|notifications?|postmaster|admin"
    r"|account[\w-]*)@"
)
# Under other endings their names are anybody's.
_OF_YANDEX = r"(?:ru|com|net|by|kz|uz|az|ee|lt|lv|md|tj|tm|fr|eu|com\.(?:am|ge|tr)|co\.il)"
_OF_ZOHO = r"(?:com|eu|in|jp|sa|ca|uk|com\.(?:au|cn))"

_CONFIRMATIONS = (
    _Confirmation(
        "Gmail",
        r"forwarding-noreply@google\.com",
        r"",  # whatever it says, in whatever language: this address writes about nothing else
        r"https://(?:mail(?:-settings)?|isolated\.mail)\.google\.com/mail/\S+",
    ),
    _Confirmation(
        "Yandex",
        rf"{_ROBOT}(?:[a-z0-9-]+\.)*(?:yandex\.{_OF_YANDEX}|ya\.ru)",
        r"пересыл|forward|yönlendir",
        r"https://(?:mail|passport)\.yandex\.[a-z.]{2,6}/\S+",
    ),
    _Confirmation(
        "Zoho",
        rf"{_ROBOT}(?:[a-z0-9-]+\.)*zoho(?:mail|corp|cloud)?\.{_OF_ZOHO}",
        r"forward",
        r"https://(?:mail|accounts|apps)\.zoho\.[a-z.]{2,6}/\S+",
    ),
    _Confirmation("Mail.ru", rf"{_ROBOT}(?:[a-z0-9-]+\.)*mail\.ru", r"пересыл|forward", r"https://(?:[a-z0-9-]+\.)*mail\.ru/\S+"),
    _Confirmation(
        "Outlook",
        rf"{_ROBOT}(?:[a-z0-9-]+\.)*(?:microsoft|outlook|live|office|accountprotection\.microsoft)\.com",
        r"forward|verify your e-?mail|подтверд\w+ .*адрес|пересыл|weiterleit|przekaz",
        r"https://(?:[a-z0-9-]+\.)*(?:live|outlook|microsoft|office|office365)\.com/\S+",
    ),
)
_CODE = re.compile(
    r"(?:(?:confirmation|verification|security)\s+code(?:\s+is)?|код\s+(?:подтверждения|проверки|підтвердження)|kod\s+potwierdz\w+"
    r"|(?:bestätigungs|sicherheits)code|code\s+de\s+(?:confirmation|sécurité)|código\s+de\s+(?:confirmación|confirmação|seguridad|segurança)"
    r"|codice\s+di\s+(?:conferma|sicurezza)|bevestigingscode|beveiligingscode|onay\s+kodu|(?:potvrzovací|overovací|ověřovací)\s+kód"
    r"|bekräftelsekod|bekreftelseskode|bekræftelseskode|vahvistuskoodi|megerősítő\s+kód|cod\s+de\s+confirmare|確認コード|确认代码|確認碼|验证码)"
    r"\s*[:：]?\s*([A-Z0-9]{6,12})\b",
    re.IGNORECASE,
)
_GMAIL_CODE = re.compile(r"\(#(\d{6,12})\)")
_MOST_TEXT = 20_000


def read_kind(headers: Headers, subject: str, text: str, parts: Parts) -> KindVerdict:
    """`text` is the whole text of the message (from HTML where it has only that), `parts` its leaves, attachments too."""
    confirmation = _confirmation(headers, subject, text)
    if confirmation:
        return confirmation
    complaint = read_complaint(parts)
    if complaint:
        return KindVerdict("complaint", "it carries a feedback report (RFC 5965)", complaint=complaint)
    if notified_complaint(headers, text):
        return KindVerdict("complaint", "it is Amazon SES's notice of a complaint")
    bounce = read_bounce(headers, subject, text, parts)
    if bounce:
        return KindVerdict("bounce", bounce[1], bounce[0])
    auto_reply = why_auto_reply(headers, subject)
    if auto_reply:
        return KindVerdict("auto_reply", auto_reply)
    if not subject.strip() and not text.strip() and not _has_attachment(parts):
        return KindVerdict("empty", "it has neither subject, text nor attachment")
    return KindVerdict("message", "nothing about it says otherwise")


def _confirmation(headers: Headers, subject: str, text: str) -> KindVerdict | None:
    author = next((each.key for each in parse_mailboxes(header(headers, "from")[:500])), "")
    for provider in _CONFIRMATIONS:
        if re.fullmatch(provider.author, author) and re.search(provider.subject, subject[:500], re.IGNORECASE):
            code = _CODE.search(text[:_MOST_TEXT]) or _GMAIL_CODE.search(subject[:500])
            link = re.search(provider.link, text[:_MOST_TEXT])
            if code or link:
                return KindVerdict(
                    "forwarding_confirmation",
                    f"{provider.provider} asks whether mail may be forwarded here",
                    code=code[1] if code else None,
                    link=link[0].rstrip(".,;>)\"'") if link else None,
                )
    return None


def _has_attachment(parts: Parts) -> bool:
    return any(not part.content_type.startswith("text/") or _is_attached(part.headers) for part in parts if part.content)


def _is_attached(headers: Headers) -> bool:
    return header(headers, "content-disposition").strip().casefold().startswith("attachment")
