"""Letters of ours that come back: through the forwarding of an address that gets copies (Z10), or by a loop. PURE."""

import unicodedata
from collections.abc import Iterable

from gateway.desk.identify import is_of_the_desk
from gateway.desk.thread import subject_tag
from gateway.domain.organisation import Organisation
from gateway.mail.message import Message
from gateway.tokens.carriers import ReplyToken, ThreadToken, proves_thread, tokens_in_ids, whose
from gateway.tokens.codec import Keyring


def is_own_letter(message: Message, organisation: Organisation) -> bool:
    """By the signed mark in its Message-ID: letters of somebody else's Deskgate bear one too, and are mail like any other."""
    keyring = Keyring(organisation.desk.secrets)
    named = () if message.message_id is None else (message.message_id,)
    return any(is_genuine(each, keyring, organisation) for each in tokens_in_ids(named))


def is_genuine(mark: ReplyToken | ThreadToken, keyring: Keyring, organisation: Organisation) -> bool:
    match mark:
        case ThreadToken():
            return proves_thread(keyring, mark)
        case ReplyToken():
            return whose(keyring, mark, [each.address for each in organisation.agents]) is not None


def ticket_of_copy(message: Message, organisation: Organisation) -> int | None:
    """Whose letter it may be, where the mark is gone: some servers write a Message-ID of their own. It then still bears an address that we
    write from, and `[#N]`; the words prove it (`repeats`)."""
    author = message.author
    return subject_tag(message.subject) if author is not None and author.key and is_of_the_desk(author.key, organisation) else None


def repeats(message: Message, letters: Iterable[str]) -> bool:
    """Whether its text is that of one of these letters, or begins with it: what forwards it may break lines anew and put words below.

    A client's answer has their own words on top, so it never passes for one.
    """
    told = [squeezed(message.body.text), *([squeezed(message.forwarded.text)] if message.forwarded is not None else [])]
    return any(each.startswith(letter) for letter in map(squeezed, letters) if letter for each in told)


def squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())
