"""Looks at what operators are told of, and tells them: in the log, and by a letter a day at most."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk.amiss import News, amiss, news
from gateway.desk.remembered import digest
from gateway.domain.alarms import Alarm
from gateway.domain.letter import NO_ANSWERS, URGENT, NewLetter, NewRecipient, Party, one_line
from gateway.domain.organisation import Organisation
from gateway.domain.states import LetterKind
from gateway.letters.alarms import in_short, subject, text
from storage import alarms, outbox
from storage.statements import lock, now
from storage.watching import look

log = structlog.get_logger()

LIFETIME: Final = timedelta(days=1)
"""Of a letter that tells of an alarm: the next one is due then."""


async def watch(session: AsyncSession, organisation: Organisation) -> int:
    """How many letters were written. Of several who look at once, each thing is told by one."""
    await lock(session, (digest("alarms"),))
    known = await alarms.known(session)
    state, moment = await look(session), await now(session)
    desk = organisation.desk
    # On a database that came from elsewhere nothing is sent: it may be a drill, and the original tells of itself.
    foreign = state.paused is not None and state.paused.foreign
    letters = bool(organisation.alarms.to) and not desk.shadow and not foreign
    found = {each.alarm: each for each in amiss(state, organisation.alarms, shadow=desk.shadow)}
    written = 0
    for each in news(found, known, moment, letters=letters):
        await alarms.remember(session, each.known)
        if each.log:
            tell(each)
        if each.letter and letters:
            written += await write(session, each, moment, organisation)
    return written


def tell(one: News) -> None:
    if one.amiss is None:
        log.info("alarm_over", alarm=one.alarm)
    else:
        log.error("alarm", alarm=one.alarm, why=in_short(one.amiss))


async def write(session: AsyncSession, one: News, moment: datetime, organisation: Organisation) -> int:
    ids = await outbox.add(session, [letter(one, moment, organisation)])
    if one.alarm is Alarm.SENDING_PAUSED:
        # What tells that nothing is sent has to be sent.
        await outbox.retry_all(session, ids)
    return len(ids)


def letter(one: News, moment: datetime, organisation: Organisation) -> NewLetter:
    desk, author = organisation.desk, organisation.default_gateway
    effect = hashlib.sha256(f"alarm:{one.alarm}:{one.amiss is None}:{moment.isoformat()}".encode()).digest()
    parties = tuple(Party("", each) for each in organisation.alarms.to)
    return NewLetter(
        kind=LetterKind.ALARM,
        headers=(
            ("From", (Party(one_line(author.name), author.address),)),
            ("To", parties),
            ("Auto-Submitted", "auto-generated"),
            NO_ANSWERS,
        ),
        subject=subject(one.alarm, one.amiss, desk.name, desk.language),
        text=f"{text(one.alarm, one.amiss, desk.hostname, desk.language)}\n",
        message_id=f"<alarm.{effect[:12].hex()}@{desk.reply_address.rpartition('@')[2]}>",
        recipients=tuple(NewRecipient(each.address) for each in parties),
        effect=effect,
        urgency=URGENT,
        lifetime=LIFETIME,
    )
