"""Ids that relays gave to our letters, remembered beside those of the mail that came in, so that an answer to one finds its ticket."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from storage.driver import Executor, rows


async def remember_announced(executor: Executor, announced: Sequence[tuple[int, bytes]]) -> None:
    """Letter ids and keys of message ids. They are true whoever ends the attempt, so nothing fences them; it goes before what locks
    the outbox, for tickets are locked first."""
    if announced:
        letters, keys = zip(*announced, strict=True)
        await rows(executor, _REMEMBER, {"letters": list(letters), "keys": list(keys)})


# The order keeps two senders from waiting for each other; the lock keeps the tickets from being deleted meanwhile.
_REMEMBER: Final = text("""
    WITH named AS MATERIALIZED (
        SELECT said.key, ticket.number FROM unnest(:letters, :keys) AS said (letter, key)
        JOIN outbox_messages ON outbox_messages.id = said.letter
        JOIN tickets AS ticket ON ticket.number = outbox_messages.ticket
        ORDER BY ticket.number, said.key FOR KEY SHARE OF ticket
    )
    INSERT INTO message_ids (key, ticket, relation) SELECT key, number, 'sent' FROM named ON CONFLICT DO NOTHING RETURNING key
""").bindparams(bindparam("letters", type_=ARRAY(BigInteger)), bindparam("keys", type_=ARRAY(BYTEA)))
