"""What a delivery report changes in the outbox: a recipient, and the letter, which is as its worst recipient is."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.domain.states import OutboxState, RecipientState
from storage import outbox
from storage.engine import sessions
from storage.reports import mark_bounced
from tests.outbound.letters import new_letter


@pytest.mark.parametrize(
    ("states", "bounced", "letter", "recipients"),
    [
        (["sent"], [0], "bounced", ["bounced"]),
        (["sent", "sent"], [0], "bounced", ["bounced", "sent"]),
        (["sent", "sent"], [0, 1], "bounced", ["bounced", "bounced"]),
        (["sent", "failed"], [0], "failed", ["bounced", "failed"]),
        (["failed", "sent"], [0], "bounced", ["bounced", "sent"]),
        (["sent", "queued"], [0], "queued", ["bounced", "queued"]),
        (["sent", "sent"], [None], "bounced", ["bounced", "bounced"]),
    ],
)
async def test_a_letter_is_as_its_worst_recipient_is(
    engine: AsyncEngine, states: list[str], bounced: list[int | None], letter: str, recipients: list[str]
) -> None:
    async with sessions(engine).begin() as session:
        [number] = await outbox.add(session, [new_letter("a@client.test", "b@client.test")])
        position = text("UPDATE outbox_recipients SET state = :state WHERE outbox_id = :id AND position = :position RETURNING id")
        ids = [
            (await session.execute(position, {"state": each, "id": number, "position": at})).scalar_one() for at, each in enumerate(states)
        ]
        await session.execute(
            text("DELETE FROM outbox_recipients WHERE outbox_id = :id AND position >= :n"), {"id": number, "n": len(states)}
        )
        whole = next(each for each in ("queued", "failed", "sent") if each in states)
        await session.execute(text("UPDATE outbox_messages SET state = :state WHERE id = :id"), {"state": whole, "id": number})
        for each in bounced:
            await mark_bounced(session, number, None if each is None else ids[each], "550 5.1.1 nobody")
        shown = await outbox.show(session, number)
    assert shown is not None
    assert shown.state is OutboxState(letter)
    assert [each["state"] for each in shown.recipients] == [RecipientState(each) for each in recipients]
