"""Who forwarded a message to us, and whether they hid who wrote it (U10). PURE.

Forwarding that keeps From is a redirect; one that writes a mail of its own is a forward, and all its clients are one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from gateway.domain.organisation import Organisation
from gateway.mail.address import parse_mailboxes
from gateway.mail.message import Message

Fields = tuple[tuple[str, str], ...]
_NONE: Final = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Provider:
    """`fields` begin the names of what it writes into each mail; `hosts` are names of its servers in the newest Received fields; at
    `domains` anybody may have a mailbox.

    `redirect` says where its setting is that keeps the author.
    """

    name: str
    fields: tuple[str, ...]
    hosts: re.Pattern[str]
    redirect: str
    domains: re.Pattern[str] = _NONE


def hosts(*names: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(names)})", re.IGNORECASE)


def domains(*names: str) -> re.Pattern[str]:
    """Of whole mailboxes' addresses."""
    return re.compile(rf"@(?:{'|'.join(names)})$", re.IGNORECASE)


EXCHANGE_WORDS: Final = (
    "in the admin centre, turn on mail flow > email forwarding of the mailbox (Set-Mailbox -ForwardingSmtpAddress), or make the rule "
    "“redirect the message to” instead of “forward the message to”; the outbound spam policy has to allow automatic forwarding"
)

# In the order in which they are told apart: Outlook.com runs on Exchange.
PROVIDERS: Final[dict[str, Provider]] = {
    "gmail": Provider(
        "Gmail",
        ("x-gm-message-state", "x-google-smtp-source", "x-forwarded-for"),
        hosts(r"\bgoogle\.com\b", r"\bgmail\.com\b", r"\bgoogleusercontent\.com\b"),
        "in Settings > Forwarding and POP/IMAP choose “Forward a copy of incoming mail to”, or a filter with “Forward it to”: both keep "
        "From; a script or an add-on that forwards does not",
        domains(r"gmail\.com", r"googlemail\.com"),
    ),
    "outlook.com": Provider(
        "Outlook.com",
        (),
        hosts(r"\.(?:hotmail|live)\.com\b", r"\bmail-ol\w+\.outbound\.protection\.outlook\.com\b"),
        "in Settings > Mail > Rules make the rule “Redirect to” instead of “Forward to”; Settings > Mail > Forwarding keeps From as well",
        domains(r"(?:outlook|hotmail|live)(?:\.co)?\.[a-z]{2,3}", r"msn\.com"),
    ),
    "exchange": Provider(
        "Microsoft 365 or Exchange",
        ("x-ms-exchange-", "x-ms-has-attach", "x-originatororg"),
        hosts(r"\boutlook\.com\b", r"\bprotection\.outlook\b", r"\(Microsoft SMTP Server", r"\bMicrosoft SMTPSVC\b"),
        EXCHANGE_WORDS,
    ),
    "yandex": Provider(
        "Yandex",
        ("x-yandex-",),
        hosts(r"\byandex\.(?:net|ru|com)\b", r"\bya\.ru\b"),
        "in Settings > Message filtering make a rule with “Forward to address”, and open the link of the confirmation: it keeps From; a "
        "mail program or a script that forwards does not",
        domains(r"ya(?:ndex)?\.(?:ru|com|by|kz|ua|com\.tr)"),
    ),
    "zoho": Provider(
        "Zoho",
        ("x-zoho",),
        hosts(r"\bzoho(?:mail)?\.(?:com|eu|in)\b"),
        "in Settings > Mail accounts > the account > Forwards add our address, and open the link of the confirmation: it keeps From; a "
        "filter whose action is “Forward” may write a mail of its own",
        domains(r"zoho(?:mail)?\.(?:com|eu|in)"),
    ),
    "cpanel": Provider(
        "cPanel (Exim)",
        ("x-antiabuse", "x-get-message-sender-via", "x-authenticated-sender"),
        hosts(r"\(cPanel", r"\bcpanel\b"),
        "in cPanel > Email > Forwarders add a forwarder; an “email filter” whose action is “Redirect to an address” keeps From as well",
    ),
    "exim": Provider("Exim", (), hosts(r"\(Exim \d"), "let a redirect router or an alias name our address, not a pipe that sends anew"),
    "postfix": Provider(
        "Postfix", (), hosts(r"\(Postfix"), "let an alias, virtual_alias_maps or .forward name our address, not a pipe that sends anew"
    ),
}
MAIL_SERVERS: Final = ("exim", "postfix")
MAILBOX_PROVIDERS: Final = ("exchange", "gmail", "outlook.com", "yandex", "zoho")
ANY: Final = "choose “redirect” instead of “forward” there; an alias of the mail server does it as well"

_FORWARDED_FOR: Final = "x-forwarded-for"
_NEWEST: Final = 2
"""Received fields that are looked at: ours, which names the peer, and the peer's own. Older ones are of whoever wrote the mail."""
_LOOPS: Final = ("x-ms-exchange-inbox-rules-loop", "x-ms-exchange-forwardingloop")
_RULES_AGENT: Final = ("x-ms-exchange-generated-message-source", "mailbox rules agent")


def provider_of(fields: Fields, without: Iterable[str] = (), mailbox: str = "") -> str | None:
    """A key of `PROVIDERS`. `without`: names of fields that were there before it was forwarded. `mailbox`: the one that forwards.

    By a provider's servers first, for its fields may come from where the mail began; by mail servers that anybody may run last.
    """
    received = " ".join([value for name, value in fields if name == "received"][:_NEWEST])
    by_hosts = next((key for key, each in PROVIDERS.items() if each.hosts.search(received)), None)
    if by_hosts is not None and by_hosts not in MAIL_SERVERS:
        return by_hosts
    names = {name for name, _ in fields} - set(without)
    by_domain = (key for key, each in PROVIDERS.items() if each.domains.search(mailbox))
    by_fields = (key for key, each in PROVIDERS.items() if each.fields and any(name.startswith(each.fields) for name in names))
    return next(chain(by_domain, by_fields), by_hosts)


def redirect_words(provider: str | None) -> str:
    """What to change so that From is kept."""
    if provider is None:
        return ANY
    found = PROVIDERS[provider]
    return f"{found.name}: {found.redirect}"


def wherever_it_is(provider: str | None) -> tuple[str, ...]:
    """What to change at each of the mailbox providers; none where it is known who forwards. A mail server that anybody may run is not known
    by its name: whose mailboxes it has, and what their programs do, is another matter."""
    if provider is not None and provider not in MAIL_SERVERS:
        return ()
    return tuple(redirect_words(key) for key in MAILBOX_PROVIDERS)


def hidden_author(message: Message, organisation: Organisation) -> str | None:
    """Why the author is hardly who wrote the mail, with what to do; None where nothing says so."""
    author = message.author
    if author is None or not author.key:
        return None
    why = next((words for key, words in forwarders(message, organisation) if key == author.key), None)
    if why is None:
        return None
    remedy = redirect_words(provider_of(message.headers, mailbox=author.key))
    hides = f"From is {author.address}, {why}: if somebody else wrote it, they are hidden"
    return f"{hides}. So that clients are known by their own addresses, let it redirect: {remedy}"


def forwarders(message: Message, organisation: Organisation) -> Iterator[tuple[str, str]]:
    """Normalised addresses of mailboxes that forwarded this mail, each with how that is known."""
    for gateway in organisation.gateways:
        for each in gateway.forwarded_from:
            yield each, f"the mailbox that forwards to {gateway.address}"
    for name, value in message.headers:
        if name == _FORWARDED_FOR:
            # Gmail: the mailbox, then where it forwards to.
            for mailbox in parse_mailboxes(value.replace(" ", ","))[:1]:
                yield mailbox.key, "which forwarded it (X-Forwarded-For)"
        elif name in _LOOPS:
            for mailbox in parse_mailboxes(value.partition(";")[0]):
                yield mailbox.key, "whose rule forwarded it (Exchange)"
    if _RULES_AGENT in ((name, value.strip().casefold()) for name, value in message.headers) and message.author is not None:
        yield message.author.key, "whose rule forwarded it (Exchange)"
    original = message.forwarded.author if message.forwarded is not None else None
    # Of our letters that come back so, we are the author.
    if original is not None and message.author is not None and organisation.gateway(original.key) is None:
        own = [message.author.key] if organisation.gateway(message.author.key) is not None else []
        yield from ((each, f"an address of ours, and it passes on what {original.address} wrote") for each in own)
