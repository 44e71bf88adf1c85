"""Every reply that a peer can get: fixed texts with enhanced status codes (RFC 3463), so that nothing from the data can slip into one."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """`enhanced` is empty where RFC 2034 §4 wants none: greeting, EHLO, 3xx. Raises ValueError for a line that is not printable ASCII."""

    code: int
    enhanced: str
    lines: tuple[str, ...]
    wire: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for line in self.lines:
            if not (line.isascii() and line.isprintable()):
                raise ValueError(f"a reply is printable ASCII, not {line!r}")
        prefix = f"{self.enhanced} " if self.enhanced else ""
        marks = ["-"] * (len(self.lines) - 1) + [" "]
        text = "".join(f"{self.code}{mark}{prefix}{line}\r\n" for mark, line in zip(marks, self.lines, strict=True))
        object.__setattr__(self, "wire", text.encode("ascii"))

    @property
    def positive(self) -> bool:
        return self.code < 400


def _reply(code: int, enhanced: str, text: str) -> Reply:
    return Reply(code, enhanced, (text,))


def greeting(hostname: str, *, lmtp: bool = False) -> Reply:
    """Names neither the software nor its version: that would help attackers alone."""
    return _reply(220, "", f"{hostname} {'LMTP' if lmtp else 'ESMTP'}")


def hello(hostname: str, keywords: tuple[str, ...] = ()) -> Reply:
    """The answer to HELO (no keywords), EHLO and LHLO (RFC 5321 §4.1.1.1)."""
    return Reply(250, "", (hostname, *keywords))


def queued(trace_id: str) -> Reply:
    """`trace_id` is ours: what the peer logs of this reply leads to our log."""
    return _reply(250, "2.0.0", f"Ok, queued as {trace_id}")


def refused_by_rule(text: str) -> Reply:
    """`text` is the configuration's; what a reply cannot hold of it is replaced by words of ours."""
    line = " ".join(text.split())
    # RFC 5321 §4.5.3.1.5: a reply line has 512 octets at most.
    return _reply(
        550, "5.7.1", line if line and len(line) <= 400 and line.isascii() and line.isprintable() else "Refused by a rule of this desk"
    )


def listed(address: str, zone: str, text: str | None, *, later: bool = False) -> Reply:
    """`text` is the configuration's, with `{address}` in it where that is to stand."""
    more = " ".join((text or "").replace("{address}", address).split())
    line = f"{address} is listed by {zone}" + (f": {more}" if more else "")
    told = line if len(line) <= 400 and line.isascii() and line.isprintable() else "Your address is listed"
    return _reply(451, "4.7.1", told) if later else _reply(550, "5.7.1", told)


OK = _reply(250, "2.0.0", "Ok")
REVERSE_PATH_OK = _reply(250, "2.1.0", "Sender ok")
RECIPIENT_OK = _reply(250, "2.1.5", "Recipient ok")
BYE = _reply(221, "2.0.0", "Bye")
VERIFY = _reply(252, "2.5.0", "Cannot verify, but will take the message and try")
START_DATA = _reply(354, "", "End data with <CR><LF>.<CR><LF>")
START_TLS = _reply(220, "2.0.0", "Ready to start TLS")

# Temporary: unknown failures are always these.
NOT_NOW = _reply(451, "4.3.0", "Temporary failure, try again later")
MAILBOX_DISABLED = _reply(450, "4.2.1", "Mailbox is switched off for now, try again later")
TOO_MANY_RECIPIENTS = _reply(452, "4.5.3", "Too many recipients, send the rest in another transaction")
NO_SPACE = _reply(452, "4.3.1", "Insufficient storage, try again later")
NO_RECIPIENTS_NOW = _reply(451, "4.5.1", "No valid recipients now, try again later")
GREYLISTED = _reply(451, "4.7.1", "Greylisted: we do not know you yet, please try again in some minutes")
NAMELESS_LATER = _reply(451, "4.7.25", "Your address has no name in DNS that leads back to it, try again later")
NOT_SCANNED = _reply(451, "4.3.0", "The content cannot be checked now, try again later")
TLS_NOT_NOW = _reply(454, "4.7.0", "TLS is not available now, try again later")

# The connection is closed after these.
NO_PROXY_HEADER = _reply(421, "4.3.5", "Expected a PROXY protocol header, closing the connection")
SPOKE_FIRST = _reply(554, "5.5.0", "You spoke before the greeting, closing the connection")
SHUTTING_DOWN = _reply(421, "4.3.2", "Shutting down, try again later")
TOO_MANY_CONNECTIONS = _reply(421, "4.7.0", "Too many connections, try again later")
TIMED_OUT = _reply(421, "4.4.2", "Timed out, closing the connection")
TOO_SLOW = _reply(421, "4.4.2", "Too slow, closing the connection")
SESSION_OVER = _reply(421, "4.7.0", "Session has lasted too long, connect again")
TOO_MANY_COMMANDS = _reply(421, "4.7.0", "Too many commands of this kind, connect again")
TOO_MANY_ERRORS = _reply(421, "4.7.0", "Too many errors, closing the connection")
OUT_OF_STEP = _reply(421, "4.3.0", "Temporary failure, closing the connection")

# Mistakes in the dialogue.
SYNTAX = _reply(500, "5.5.2", "Syntax error")
LINE_TOO_LONG = _reply(500, "5.5.2", "Command line too long")
UNKNOWN_COMMAND = _reply(500, "5.5.1", "Unknown command")
NOT_IMPLEMENTED = _reply(502, "5.5.1", "Command not implemented")
ARGUMENTS = _reply(501, "5.5.4", "Syntax error in arguments")
UNKNOWN_PARAMETER = _reply(555, "5.5.4", "Unknown parameter")
BAD_REVERSE_PATH = _reply(501, "5.1.7", "Syntax error in the sender's address")
BAD_RECIPIENT = _reply(501, "5.1.3", "Syntax error in the recipient's address")
NEEDS_SMTPUTF8 = _reply(553, "5.6.7", "Address needs SMTPUTF8")
HELLO_FIRST = _reply(503, "5.5.1", "Introduce yourself first")
MAIL_FIRST = _reply(503, "5.5.1", "MAIL first")
RECIPIENT_FIRST = _reply(503, "5.5.1", "RCPT first")
NO_VALID_RECIPIENTS = _reply(554, "5.5.1", "No valid recipients")
ALREADY_IN_TRANSACTION = _reply(503, "5.5.1", "A transaction is open already")
TLS_ACTIVE = _reply(503, "5.5.1", "TLS is active already")
TLS_REQUIRED = _reply(530, "5.7.0", "STARTTLS first")

# Refusals.
NO_SUCH_RECIPIENT = _reply(550, "5.1.1", "No such mailbox here")
TOO_LARGE = _reply(552, "5.3.4", "Message is too large")
CONTENT_LINE_TOO_LONG = _reply(554, "5.6.0", "Message has a line that is too long")
BARE_NEWLINE = _reply(550, "5.6.0", "Message has a bare CR, a bare LF or a NUL")
# RFC 7372 §3.3.
NAMELESS = _reply(550, "5.7.25", "Your address has no name in DNS that leads back to it")
SPAM = _reply(550, "5.7.1", "Refused: the message looks like spam")
INFECTED = _reply(550, "5.7.1", "Refused: the message carries malicious software")
MAIL_LOOP = _reply(554, "5.4.6", "Mail loop: too many Received fields")
