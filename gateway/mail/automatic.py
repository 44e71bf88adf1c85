"""Mail that no person wrote, and so none of our letters may answer (RFC 3834)."""

import re

from gateway.mail.bounce import has_null_reverse_path, is_daemon
from gateway.mail.parts import Headers, header
from gateway.mail.phrases import alternatives

_LIST_FIELDS = frozenset(
    {
        "list-id",
        "list-post",
        "list-help",
        "list-unsubscribe",
        "list-subscribe",
        "list-owner",
        "list-archive",
        "mailing-list",
        "x-mailing-list",
        "x-loop-list",
    }
)
_ROBOT_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
# MS-OXCMAIL 2.2.3.2.14: whoever asks for no automatic answers is likely to be automatic.
_SUPPRESSED = frozenset({"all", "oof", "autoreply", "dr", "ndr", "rn", "nrn"})
# Each program has its own: X-Autoreply, X-Mail-Autoreply, X-Auto-Reply-From, X-Autoresponder … (X-Auto-Response-Suppress is another's.)
_ROBOT_FIELD = re.compile(r"x-(?:[a-z0-9]+-)*auto-?(?:repl(?:y|ied)|respon(?:d|der|se)|generated)(?:-from)?$|x-vacation$|x-away$")
_ROBOT_VALUES = frozenset(
    {
        ("delivered-to", "autoresponder"),
        ("x-precedence", "auto_reply"),
        ("x-precedence", "auto-reply"),
        ("preference", "auto_reply"),
        ("x-post-messageclass", "9; autoresponder"),
        ("x-fc-machinegenerated", "true"),
    }
)
_OPENING = r"\s*(?:(?:re|aw|sv|vs|odp|ответ|antw|res|r)\s*:\s*)?[\[(]?"
_VACATION = re.compile(
    rf"{_OPENING}(?:" + "|".join(sorted(map(re.escape, alternatives("vacation")), key=len, reverse=True)) + r")(?![^\W\d_])",
    re.IGNORECASE,
)
# Words that no person begins a subject with.
_CERTAIN = re.compile(
    r"\s*[\[(]?(?:auto[- ]?(?:re|mat|svar|odpow)|out of (?:the )?office|автоматич|автоответ|автовідпов|abwesenheit"
    r"|réponse auto|respuesta auto|risposta auto|resposta auto|r[ăa]spuns auto|odpowiedź auto|aut[oó]mat|otomatik|balasan otomatis"
    r"|αυτόματη|samodejni|trả lời tự động|תשובה אוטומטית|رد تلقائي|自動|自动|자동|不在通知)",
    re.IGNORECASE,
)
# What stands behind them, or nothing; a person's sentence goes on ("Automatic reply does not work").
_ENDS = re.compile(r"\s*(?:$|[\]):：!.–—-]|(?:re|fwd?|auto\w*|to|for|from|until|till|since|von|bis|от|до|od|do)\b)", re.IGNORECASE)


def why_automatic(headers: Headers) -> str | None:
    """In words, why nothing automatic may answer; None for a person's own mail."""
    submitted = _submitted(headers)
    if submitted and submitted != "no":
        return f"Auto-Submitted: {submitted}"
    precedence = header(headers, "precedence").strip().casefold()
    if precedence in _ROBOT_PRECEDENCE:
        return f"Precedence: {precedence}"
    if has_null_reverse_path(headers):
        return "its reverse-path is null"
    if _is_receipt(headers):
        return "it is a receipt (RFC 8098)"
    if is_daemon(headers):
        return "a mail system is its author"
    if robot := _robot_field(headers):
        return f"it has the field {robot}"
    if is_list_mail(headers):
        return "it came by a mailing list"
    suppressed = {word.strip() for word in header(headers, "x-auto-response-suppress").casefold().split(",")} & _SUPPRESSED
    if suppressed:
        return f"X-Auto-Response-Suppress: {', '.join(sorted(suppressed))}"
    return None


def why_auto_reply(headers: Headers, subject: str) -> str | None:
    """In words, why this answers other mail automatically: a vacation notice, a receipt. A list's or a newsletter's mail does not."""
    submitted = _submitted(headers)
    if submitted in {"auto-replied", "auto-notified"} and not is_daemon(headers):
        return f"Auto-Submitted: {submitted}"
    if header(headers, "precedence").strip().casefold() in {"auto_reply", "auto-reply"}:
        return "Precedence: auto_reply"
    if robot := _robot_field(headers):
        return f"it has the field {robot}"
    if _is_receipt(headers):
        return "it is a receipt (RFC 8098)"
    announced = _VACATION.match(subject[:300])
    certain = announced is not None and _CERTAIN.match(subject) is not None and _ENDS.match(subject, announced.end()) is not None
    if announced and (certain or _has_robots_marks(headers, submitted)):
        return "its subject is that of an automatic answer"
    return None


def is_list_mail(headers: Headers) -> bool:
    return any(name in _LIST_FIELDS for name, _ in headers) or header(headers, "precedence").strip().casefold() == "list"


def _has_robots_marks(headers: Headers, submitted: str) -> bool:
    """A vacation may be what a person writes about, too."""
    return bool(submitted and submitted != "no") or has_null_reverse_path(headers) or bool(header(headers, "x-auto-response-suppress"))


def _is_receipt(headers: Headers) -> bool:
    """Of somebody's having read, or deleted, what we sent. Not every program marks it with Auto-Submitted."""
    return re.search(r"report-type\s*=\s*\"?disposition-notification", header(headers, "content-type"), re.IGNORECASE) is not None


def _submitted(headers: Headers) -> str:
    """RFC 3834 §5: a keyword, which parameters or a comment may follow."""
    return re.split(r"[;\s(]", header(headers, "auto-submitted").strip(), maxsplit=1)[0].casefold()


def _robot_field(headers: Headers) -> str | None:
    for name, value in headers:
        said = value.strip().casefold()
        if (name, said) in _ROBOT_VALUES or (_ROBOT_FIELD.match(name) and said not in {"no", "false", "0"}):
            return name
    return None
