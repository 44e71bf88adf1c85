"""Delivery reports: RFC 3464's, and those of the many mailers that write them their own way.

A report in the standard's form proves itself. Any other is believed when two of three signs agree: who sent it, what the subject says, what
the text says; one mailer's odd wording is a row in a table here.
"""

import re
from collections.abc import Iterator

from gateway.mail.charsets import clean
from gateway.mail.message import Bounce, BounceRecipient
from gateway.mail.parts import Headers, Part, Parts, header, header_values
from gateway.mail.phrases import alternatives

_MOST_TEXT = 200_000
_MOST_RECIPIENTS = 100
_MOST_DIAGNOSTIC = 500

_DAEMONS = re.compile(
    r"(?:^|[<\s\"])(?:mailer[-_.]?daemon|mail[-_.]?daemon|p?oo?st[-_]?master|mail[-_.]delivery[-_.]system|mailerdaemon|mdaemon"
    r"|bounces?|mailsystem|smtp-daemon)(?:[@>\s\"]|$)"
    r"|mail deliver[a-z]* (?:sub)?system|mailer daemon|system administrator|mail administrator|mail system|courier mail server"
    r"|microsoftexchange[0-9a-f]{32}@",
    re.IGNORECASE,
)
_UNDELIVERED = "|".join(re.escape(each).replace("…", r"[^\n]{0,60}") for each in alternatives("undelivered"))
_SUBJECTS = re.compile(
    r"fail(?:ure|ed)? (?:notice|delivery)|failure notice|returned (?:mail|e-?mail|to sender)"
    r"|return(?:ed|ing) (?:mail|message) to sender|undeliver(?:ed|able)|unzustellbar"
    r"|non[- ]?(?:delivery|remis)|deliver[a-z]* (?:status )?(?:notification|notice|report|problem|error|fail)"
    r"|delivery (?:has |status )?(?:fail|delay|not)|mail(?: system)? error"
    r"|mail delivery|message delivery has failed|could not be delivered|couldn't be delivered|not delivered|mail failure"
    r"|delayed mail|delivery status|delivery failure|delivery delay"
    r"|permanent delivery failure|mail rejected|mail delivery status|loop alert|warning: (?:could not send|message)"
    r"|message (?:status - )?undeliver|message you sent blocked|warning: message|failed mail|bounce(?:d)? (?:mail|message|e-?mail)"
    r"|сообщение об ошибке доставки|уведомление о (?:не)?доставке|niedostarczon|nie dostarczono|zwrot poczty|fehlgeschlagen|zustellung"
    r"|non distribu|non recapit|devuelto|メールエラー|エラーメール|送信エラー"
    rf"|{_UNDELIVERED}",
    re.IGNORECASE,
)
_PHRASES = re.compile(
    r"(?:could|can|did)(?: ?not|n't) be delivered"
    r"|(?:unable|failed|error(?: was)? (?:occurred )?(?:while )?(?:attempting|trying)?) (?:to )?deliver|wasn't able to deliver"
    r"|not able to deliver"
    r"|delivery (?:to the following|failed for|has failed|of the following|attempt)|undeliverable|undelivered|returned to sender"
    r"|did not reach the following"
    r"|following addresses? (?:had|failed)|following address\(es\)|following recipients?|addresses? (?:had|failed)"
    r"|there was an error delivering|mail delivery (?:software|system|failed|sub)"
    r"|permanent(?: fatal)? errors?|transcript of session|unsent message|returned message|non-delivered information"
    r"|address(?:es)? (?:was|were) rejected"
    r"|malformed address|duplicated message-id|will be retried|has not (?:yet )?been delivered|still being retried"
    r"|delivery is delayed|(?:was|has been) delayed|message expired"
    r"|invalid user address|unable to deliver|rejected by a remote mail server"
    r"|cannot be delivered|was(?: not|n't) delivered|not been delivered|could not be sent|was blocked by|was undeliverable"
    r"|доставка .{0,40}не удалась|送信に失敗|存在しない|失敗しました"
    rf"|{_UNDELIVERED}",
    re.IGNORECASE,
)
# What a person may write, too: these count under the subject of a report alone.
_WEAK_PHRASES = re.compile(
    r"user unknown|unknown user|no such user|invalid (?:final )?(?:delivery )?(?:userid|recipient|user)"
    r"|mailbox (?:is )?(?:full|unavailable|not found|exceeds)|(?:over|exceeds?) (?:the )?quota|quota exceeded"
    r"|recipient (?:address )?rejected"
    r"|host unknown|\b[45]\d\d[ -][45]\.\d\.\d|エラー|не существует|nie istnieje|existiert nicht|does not exist",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(
    r"will be retried|still being retried|will (?:continue to|keep) try|warning only|delayed|no action is required on your part"
    r"|do not need to resend|\bdelay\b|will be attempted"
    r"|попытки доставки будут продолжены|пока не доставлен|ещ[её] не доставлен|pr[óo]by (?:dostarczenia|dor[ęe]czenia) b[ęe]d[ąa]"
    r"|jeszcze nie zosta[łl]a (?:dostarczona|dor[ęe]czona)",
    re.IGNORECASE,
)
_NOTIFIED = re.compile(r'\\?"(?:notificationType|eventType)\\?"\s*:\s*\\?"(Bounce|Complaint|Delivery|DeliveryDelay)\\?"', re.IGNORECASE)
_DIVIDER = re.compile(
    r"^[ \t>]{0,20}(?:[-_=*#]{2,80}[^\n]{0,20}(?:original|copy of|returned|unsent|header|undelivered|message follows|bounced"
    r"|исходн|元の|body:)|original m(?:ail|essage)[^\n]{0,20}follow"
    r"|[-_=*# \t]{0,80}below (?:this line )?is a copy|included is a copy|this is a copy of|received:\s?(?:from|by)"
    r"|[-_=*]{3,80}[ \t]{0,9}(?:begin )?message|unsent message)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = r"[A-Za-z0-9!#$%&*+/=?^_`{|}~.\-][A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]{0,79}@[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}\.)*[A-Za-z0-9\-]{1,62}"
_ANY_ADDRESS = re.compile(rf"(?<![\w.@+=/\-])({_ADDRESS})(?![\w@])")
_NAMED = (
    re.compile(rf"^[ \t>*]{{0,40}}[<\"']?({_ADDRESS})[>\"']?\s?(?::|\(|\[|\.\.\.|$|on |Invalid|said|failed)", re.MULTILINE),
    re.compile(
        rf"(?<![\w.@+=/'\-])(?:RCPT TO|delivered to|deliver(?:y)?(?: (?:message|mail|your mail))? to|recipient(?: address)?|address"
        rf"|user(?:id)?|to|mailbox)(?![\w.+-])"
        rf"\s?:?\s{{0,3}}<?({_ADDRESS})",
        re.IGNORECASE,
    ),
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[\s-])")
_MESSAGE_ID = re.compile(r"^[ \t>]{0,20}message-id:\s{0,40}<?([^<>\s]{3,990})>?", re.IGNORECASE | re.MULTILINE)
_JSON_MESSAGE_ID = re.compile(r'\\?"messageId\\?"\s*:\s*\\?"([^"\\]{3,200})')
_ORIGINAL_TO = re.compile(rf"^[ \t>]{{0,20}}to:[^\n]{{0,200}}?({_ADDRESS})", re.IGNORECASE | re.MULTILINE)
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ORIGINAL_TYPES = frozenset(
    {
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "text/rfc822-header",
        "message/rfc822-headers",
        "message/global-headers",
        "message/partial",
    }
)
_FAILED_ACTIONS = frozenset({"failed", "failure", "expired", "undeliverable"})


def read_bounce(headers: Headers, subject: str, text: str, parts: Parts) -> tuple[Bounce, str] | None:
    """The report and how it was recognised; None for other mail. A report of success is one too: its recipients' `action` says so."""
    texts = _texts(text, parts)
    report = _read_status(texts, has_status_part=any(part.content_type in _STATUS_TYPES for part in parts))
    if report is not None:
        named = tuple(recipient for recipient in report if recipient.address) or _named_recipients(headers, texts, parts)
        permanent = _is_permanent(named, texts)
        return Bounce(named, permanent, _original_id(parts, texts)), "it carries a delivery status (RFC 3464)"
    reason = _why_bounce(headers, subject, texts)
    if reason is None:
        return None
    named = _named_recipients(headers, texts, parts)
    return Bounce(named, _is_permanent(named, f"{subject}\n{texts}"), _original_id(parts, texts)), reason


def notified_complaint(headers: Headers, text: str) -> bool:
    """Amazon tells of complaints by the same JSON as of bounces."""
    found = _NOTIFIED.search(text[:_MOST_TEXT])
    return found is not None and found[1].casefold() == "complaint" and "amazonaws.com" in header(headers, "from").casefold()


def is_daemon(headers: Headers) -> bool:
    """Is the author a mail system?"""
    return _DAEMONS.search(header(headers, "from")[:400]) is not None


def has_null_reverse_path(headers: Headers) -> bool:
    """RFC 5321 §4.5.5; some old mailers write `<MAILER-DAEMON>` for it. Read from Return-Path, since the envelope is not ours to see."""
    paths = header_values(headers, "return-path")
    return bool(paths) and paths[0].strip("<> \t").casefold() in {"", "mailer-daemon"}


def _texts(text: str, parts: Parts) -> str:
    """All that the report says in words: its text, its status, and parts that were too broken to be split."""
    pieces = [text]
    for part in parts:
        if part.content_type in _ORIGINAL_TYPES:
            continue
        piece = part.text if part.text is not None else None
        if piece is None and part.content_type.startswith(("multipart/", "message/")):
            piece = _decoded(part).replace("\r\n", "\n")
        if piece and piece.strip() != text.strip() and not part.content_type.startswith("text/html"):
            pieces.append(piece)
    return "\n\n".join(pieces)[:_MOST_TEXT]


def _why_bounce(headers: Headers, subject: str, texts: str) -> str | None:
    if any(name == "x-failed-recipients" for name, _ in headers):
        return "its X-Failed-Recipients field names who was not reached"
    found = _NOTIFIED.search(texts)
    if found and found[1].casefold() != "complaint" and "amazonaws.com" in header(headers, "from").casefold():
        return "it is Amazon SES's notice of a delivery"
    sent_by = is_daemon(headers) or has_null_reverse_path(headers) or any(name == "x-mlserver" for name, _ in headers)
    titled = _SUBJECTS.search(subject[:500]) is not None
    if not sent_by and not titled:
        return None
    above = _above_original(texts)
    says = _PHRASES.search(above) is not None
    if sent_by and titled and (says or not _is_person_perhaps(headers) or _WEAK_PHRASES.search(above)):
        return "a mail system sent it, with a subject that delivery reports have"
    if sent_by and says:
        return "a mail system sent it, and its text tells of a delivery that failed"
    # A parcel may not be delivered either: only mail has addresses, replies of servers and full mailboxes.
    about_mail = _WEAK_PHRASES.search(above) or _STATUS.search(above) or _DIVIDER.search(texts) or _named(_NAMED, above, set())
    if (
        titled
        and says
        and about_mail
        and _from_robot(headers)
        and not re.match(r"\s*(?:re|fwd?|aw|wg|пер|ответ|odp)\s*:", subject, re.IGNORECASE)
    ):
        return "its subject and its text tell of a delivery that failed"
    return None


def _is_person_perhaps(headers: Headers) -> bool:
    """A postmaster may be somebody who writes about delivery."""
    return (
        "postmaster" in header(headers, "from").casefold() and not has_null_reverse_path(headers) and not header(headers, "auto-submitted")
    )


def _from_robot(headers: Headers) -> bool:
    author = header(headers, "from").casefold()
    return bool(re.search(r"no-?reply|do-?not-?reply|<>|daemon|delivery", author)) or not author.strip("<> ")


def _above_original(texts: str) -> str:
    divider = _DIVIDER.search(texts, 1)
    return texts[: divider.start()] if divider and divider.start() > 20 else texts[:20_000]


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Header-like lines, unfolded; a blank line yields an empty name."""
    name, value = "", ""
    for line in text.split("\n"):
        if line[:1] in " \t" and name and line.strip():
            value = f"{value} {line.strip()}"[:2000]
            continue
        if name:
            yield name, value
            name = ""
        if not line.strip():
            yield "", ""
        key, colon, rest = line.partition(":")
        if colon and 3 < len(key) < 40:
            name, value = key.strip("> \t").casefold(), rest.strip()
    if name:
        yield name, value


def _read_status(texts: str, *, has_status_part: bool) -> list[BounceRecipient] | None:
    """RFC 3464 §2.3's fields for each recipient; None when there is no delivery status at all."""
    if not has_status_part and not ("final-recipient:" in texts.casefold() and "action:" in texts.casefold()):
        return None
    recipients: list[BounceRecipient] = []
    group: dict[str, str] = {}
    for name, value in [*_fields(texts), ("", "")]:
        if name in {"final-recipient", "original-recipient", "action", "status", "diagnostic-code", "x-actual-recipient"}:
            if name in group and name in {"final-recipient", "action"}:
                _add_recipient(recipients, group)
                group = {}
            group.setdefault(name, value)
        elif not name:
            _add_recipient(recipients, group)
            group = {}
    return recipients[:_MOST_RECIPIENTS]


def _add_recipient(recipients: list[BounceRecipient], group: dict[str, str]) -> None:
    typed = [
        group.get(name, "").rpartition(";")[2].strip('<> \t"') for name in ("final-recipient", "original-recipient", "x-actual-recipient")
    ]
    address = next((found[1] for value in typed if (found := _ANY_ADDRESS.search(value))), typed[0] if "final-recipient" in group else "")
    if not group or not ("action" in group or "status" in group or address):
        return
    status = _STATUS.search(group.get("status", ""))
    recipient = BounceRecipient(
        address=address,
        action=(group.get("action", "").split() or [""])[0].casefold().strip(";,.") or None,
        status=status[0] if status else None,
        diagnostic=group.get("diagnostic-code", "")[:_MOST_DIAGNOSTIC] or None,
    )
    if recipient not in recipients:
        recipients.append(recipient)


def _named_recipients(headers: Headers, texts: str, parts: Parts) -> tuple[BounceRecipient, ...]:
    """Who was not reached, as the report's words say it; else those the returned message was written to."""
    above = _above_original(texts)
    own = {
        found[1].casefold()
        for name in ("to", "from", "return-path")
        for value in header_values(headers, name)
        for found in _ANY_ADDRESS.finditer(value[:2000])
    }
    failed = [found[1] for value in header_values(headers, "x-failed-recipients") for found in _ANY_ADDRESS.finditer(value[:20_000])]
    if not failed:
        failed = _named(_NAMED, above, own)
    if not failed:
        failed = _named((_ANY_ADDRESS,), above, own)[:1]
    if not failed:
        originals = [part.text or _decoded(part) for part in parts if part.content_type in _ORIGINAL_TYPES]
        failed = [found[1] for original in (*originals, texts) for found in _ORIGINAL_TO.finditer(original)][:1]
    if not failed:
        failed = [found[1] for pattern in _NAMED for found in pattern.finditer(above)][:1]
    unique = dict.fromkeys(address.rstrip(".") for address in failed)
    return tuple(_recipient(address, above) for address in list(unique)[:_MOST_RECIPIENTS])


def _named(patterns: tuple[re.Pattern[str], ...], text: str, own: set[str]) -> list[str]:
    """The addresses so named that are neither `own` (folded) nor a mail system's."""
    addresses = (found[1] for pattern in patterns for found in pattern.finditer(text))
    return [address for address in addresses if address.casefold() not in own and not _DAEMONS.search(address)]


_NOTIFIED_ACTIONS = {"bounce": "failed", "delivery": "delivered", "deliverydelay": "delayed"}


def _recipient(address: str, above: str) -> BounceRecipient:
    at = above.find(address)
    near = above[at : at + 1200] if at >= 0 else above[:2000]
    status = _STATUS.search(near) or _STATUS.search(above)
    code = _REPLY_CODE.search(near)
    # Without a code, what stands behind the address: `<anna@client.test>: Sorry, no mailbox here`, or the paragraph below it.
    said = near[code.start() :] if code else near[len(address) if at >= 0 else 0 :].lstrip("<>\"'):;,. \t\r\n")
    line = said[:_MOST_DIAGNOSTIC].partition("\n\n")[0]
    derived = f"{code[1][0]}.0.0" if code else None
    notified = _NOTIFIED.search(above)
    action = _NOTIFIED_ACTIONS.get(notified[1].casefold()) if notified else None
    return BounceRecipient(address, action, status[0] if status else derived, " ".join(line.split()) or None)


def _is_permanent(recipients: tuple[BounceRecipient, ...], texts: str) -> bool:
    """RFC 3463 §2: class 5 is permanent. An expired message is, too: nobody will try again."""
    actions = {recipient.action for recipient in recipients if recipient.action}
    if actions:
        return bool(actions & _FAILED_ACTIONS)
    if any(recipient.status and recipient.status.startswith("5") for recipient in recipients):
        return True
    return _TEMPORARY.search(_above_original(texts)) is None


def _decoded(part: Part) -> str:
    """Of a part that is no text by itself, such as an enclosed message."""
    return clean(part.content[:_MOST_TEXT].decode("utf-8", "replace"))


def _original_id(parts: Parts, texts: str) -> str | None:
    """The Message-ID of the mail that was not delivered."""
    for part in parts:
        if part.content_type in _ORIGINAL_TYPES:
            original = part.text if part.text is not None else _decoded(part)
            found = _MESSAGE_ID.search(original[:_MOST_TEXT])
            if found:
                return found[1]
    found = _MESSAGE_ID.search(texts) or _JSON_MESSAGE_ID.search(texts)
    return found[1] if found else None
