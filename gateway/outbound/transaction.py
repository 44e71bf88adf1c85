"""MAIL–RCPT–DATA: one parcel over one session, an outcome a recipient.

Where the server offers PIPELINING (RFC 2920) the envelope and DATA go in one write; else one by one. What a server says is believed once it
is known to be in step: after 354, which answers DATA alone, or after an answer to RSET.
"""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.outbound import commands
from gateway.outbound.delivery import Parcel
from gateway.outbound.dialogue import Broken
from gateway.outbound.headers import needs_smtputf8
from gateway.outbound.replies import Reply
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused, Stage, about_parameters, classify, too_large, too_many
from gateway.outbound.session import Session, Unreachable

WITHOUT_SMTPUTF8: Final = Refused("553 5.6.7 an address needs SMTPUTF8 (RFC 6531), which the server does not offer")
WITHOUT_8BIT: Final = Refused("554 5.6.3 the letter has 8-bit octets, and the server does not offer 8BITMIME (RFC 6152)")
UNSAYABLE: Final = Refused("553 5.1.3 the address cannot be written in an SMTP command")
OUT_OF_STEP: Final = "the server's answers do not fit our commands"
LIGHTER: Final = "(without files that were too large)"
PIECE: Final = 64 * 1024


@dataclass(slots=True)
class Round:
    """One MAIL–RCPT–DATA. `said` becomes the recipients' outcomes once the server is known to be in step."""

    waiting: tuple[str, ...]
    bare: bool
    accepted: list[str] = field(default_factory=list)
    said: dict[str, Outcome] = field(default_factory=dict)
    another: dict[str, Outcome] = field(default_factory=dict)
    """They may be taken in another transaction at once, for the server said that these were too many; else their outcome."""
    lighten: bool = False
    """For one of those the letter was too large."""
    again: bool = False
    """All of it again, the letter lighter or its commands bare."""
    trusted: bool = False
    over: bool = False
    """The transaction is over for the server too, so that RSET has nothing to undo."""

    def settle(self, outcome: Outcome) -> None:
        for address in self.waiting:
            self.said.setdefault(address, outcome)


@dataclass(slots=True)
class Transaction:
    """`outcomes` is complete when `run` has returned False, and after `broke` and `unreachable`."""

    parcel: Parcel
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    _content: bytes = b""
    _smtputf8: bool = False
    _lighter: bytes | None = None
    _bare: bool = False
    """A server refused parameters that it offers."""
    _fresh: bool = False
    """The letter can go in another form or transaction, but not in this session any more."""
    _round: Round | None = None
    _dotted: bool = False
    """The final dot has left, or may have."""

    async def run(self, session: Session) -> bool:
        """True: for some of the recipients a fresh session may do, at once; nothing was said of them yet."""
        self._fresh, self._round, self._dotted = False, None, False
        await self._choose_form(session)
        try:
            while self._waiting:
                self._round = Round(self._waiting, self._bare or session.bare)
                await self._go(session, self._round)
                if not await self._conclude(session, self._round):
                    break
        except Broken as error:
            session.spoil()
            if self._says_nothing(session, error):
                return True
            if error.out_of_step:
                self._round = None if self._round is None else replace(self._round, said={}, another={})
            self.broke(error.how)
        return self._fresh or self._only_the_session_ended(session)

    def broke(self, how: str) -> None:
        """The session or its time ended: after the final dot the server may have taken the letter. What was said before of single
        recipients stays."""
        now = self._round or Round((), bare=False)
        for address, outcome in (now.another | now.said).items():
            self.outcomes.setdefault(address, outcome)
        for address in self._waiting:
            if self._dotted and address in now.accepted:
                self.outcomes[address] = Deferred(f"no answer after the final dot: {how}", unanswered=True)
            else:
                self.outcomes[address] = Deferred(how)

    def unreachable(self, error: Unreachable) -> None:
        code = error.code
        outcome = Deferred(error.reply, unreachable=True) if code is None else classify(error.stage, code, error.text)
        self.settle_rest(outcome)

    @property
    def _waiting(self) -> tuple[str, ...]:
        recipients = self.parcel.recipients
        return tuple([each for each in recipients if each not in self.outcomes]) if self.outcomes else recipients

    def settle_rest(self, outcome: Outcome) -> None:
        """Of all that nothing was said of."""
        for address in self._waiting:
            self.outcomes[address] = outcome

    async def _choose_form(self, session: Session) -> None:
        parcel = self.parcel
        self._content, self._smtputf8 = self._lighter or parcel.content, parcel.smtputf8
        self._settle_the_unsayable()
        # RFC 6531 §3.1: who offers SMTPUTF8 has to offer 8BITMIME too, and its letters need both.
        if parcel.smtputf8 and not (session.offers("smtputf8") and session.offers("8bitmime")):
            self._do_without_smtputf8()
        if self._waiting and not self._content.isascii() and not session.offers("8bitmime"):
            self.settle_rest(WITHOUT_8BIT)
        limit = session.size
        if self._waiting and limit is not None and len(self._content) > limit:
            await self._lighten(limit)
        if self._waiting and limit is not None and len(self._content) > limit:
            self.settle_rest(Refused(f"552 5.3.4 the letter has {len(self._content)} octets, the server takes {limit} (RFC 1870)"))

    def _settle_the_unsayable(self) -> None:
        """Whatever an address has in it, it stays one argument of one command."""
        returns = commands.sayable(self.parcel.reverse_path)
        for address in self._waiting:
            if not (returns and commands.sayable(address)):
                self.outcomes[address] = UNSAYABLE

    def _do_without_smtputf8(self) -> None:
        """Whoever has no address in ASCII cannot be written to; nobody can where the letter cannot be had without."""
        plain = self.parcel.plain
        for address in self._waiting:
            if plain is None or needs_smtputf8(address):
                self.outcomes[address] = WITHOUT_SMTPUTF8
        kept = self._lighter if self._lighter is not None and self._lighter.isascii() else plain
        self._content, self._smtputf8 = kept or b"", False

    async def _lighten(self, limit: int | None = None) -> bool:
        """With links in the place of files, once: as many as it takes to have `limit` octets, where that is known. False where that cannot
        be. What is left may be large still, and takes seconds to put together: beside the event loop."""
        if self._lighter is not None or self.parcel.lighter is None:
            return False
        lighter = await asyncio.to_thread(self.parcel.lighter, limit, plain=self._content is self.parcel.plain)
        if len(lighter) >= len(self._content) or (self._content.isascii() and not lighter.isascii()):
            return False
        self._content = self._lighter = lighter
        return True

    async def _go(self, session: Session, now: Round) -> None:
        data = await self._envelope(session, now)
        if data is not None and data.code == 354:
            now.trusted = True
            await self._data(session, now)
        elif data is not None:
            await self._data_refused(session, now, data)
        if not now.over and session.fit:
            await self._reset(session, now)

    async def _envelope(self, session: Session, now: Round) -> Reply | None:
        """The answer to DATA, if it was asked for."""
        parcel, offered = self.parcel, session.extensions
        shape = commands.Shape(len(self._content), not self._content.isascii(), self._smtputf8)
        mail = commands.mail(parcel.reverse_path, parcel.name, shape, offered, bare=now.bare)
        rcpts = {each: commands.rcpt(each, parcel.reverse_path, offered, bare=now.bare) for each in now.waiting}
        together = session.offers("pipelining")
        if together:
            session.dialogue.write(b"".join((mail, *rcpts.values(), commands.DATA)), replies=len(rcpts) + 2)

        async def answer(command: bytes) -> Reply:
            return await (session.dialogue.reply(session.timeout) if together else session.ask(command))

        said = await answer(mail)
        taken = said.positive
        if not taken:
            await self._mail_refused(session, now, said, bare=not commands.has_parameters(mail))
        for address, command in rcpts.items():
            if session.spoilt or not (taken or together):
                return None
            said = await answer(command)
            if taken:
                self._recipient(session, now, address, said, bare=not commands.has_parameters(command))
        if session.spoilt or not (now.accepted or together):
            return None
        return await answer(commands.DATA)

    async def _mail_refused(self, session: Session, now: Round, said: Reply, *, bare: bool) -> None:
        if about_parameters(said.code) and not bare and not now.bare:
            self._bare = session.bare = now.again = True
        elif too_large(said.code, said.text) and await self._lighten():
            now.again = True
        else:
            now.settle(classify(Stage.MAIL, said.code, said.text))
        self._see_nonsense(session, now, said)

    def _recipient(self, session: Session, now: Round, address: str, said: Reply, *, bare: bool) -> None:
        if said.positive:
            now.accepted.append(address)
            return
        outcome = classify(Stage.RCPT, said.code, said.text)
        if said.code == 421:
            # The session is over. Who was refused before stays so; the others share the answer.
            now.accepted.clear()
            now.settle(outcome)
            now.trusted = True
            session.spoil()
        elif too_large(said.code, said.text) and self.parcel.lighter is not None and self._lighter is None:
            now.lighten = True
            now.another[address] = outcome
        elif (about_parameters(said.code) and not bare) or too_many(said.code, said.text):
            self._bare = session.bare = self._bare or about_parameters(said.code)
            now.another[address] = outcome
        else:
            now.said[address] = outcome
        self._see_nonsense(session, now, said)

    async def _data_refused(self, session: Session, now: Round, said: Reply) -> None:
        if now.accepted:
            if too_large(said.code, said.text) and await self._lighten():
                now.again = True
            else:
                self._settle_accepted(now, classify(Stage.DATA, said.code, said.text))
        self._see_nonsense(session, now, said, positive=True)

    async def _data(self, session: Session, now: Round) -> None:
        now.over = True
        if not now.accepted:
            # RFC 2920 §3.1: the server took DATA although it took nobody; an empty letter to nobody ends it.
            session.spoil()
            session.dialogue.write(commands.DOT, replies=1)
            await session.dialogue.reply(session.timeout)
            return
        said = await self._send_content(session)
        # From here on the letter is answered: whatever ends the attempt, it is no possible duplicate.
        dotted, self._dotted = self._dotted, False
        stage = Stage.END if dotted else Stage.DATA
        if too_large(said.code, said.text) and await self._lighten():
            now.again = True
        else:
            self._settle_accepted(now, self._ended(session, stage, said))
        if said.code == 421 or not dotted:
            # What came before the final dot is about the content that far, and never an acceptance.
            session.spoil()

    def _ended(self, session: Session, stage: Stage, said: Reply) -> Outcome:
        outcome = classify(stage, said.code, said.text)
        match outcome:
            case Delivered():
                return Delivered(outcome.reply if self._lighter is None else f"{outcome.reply} {LIGHTER}", session.relay)
            case Deferred() if 300 <= said.code <= 399:
                # No answer to a final dot: the server is out of step, and may have taken the letter.
                session.spoil()
                return replace(outcome, unanswered=stage is Stage.END)
        return outcome

    async def _send_content(self, session: Session) -> Reply:
        """The answer to the final dot, or what the server said before it had left."""
        dialogue, replies = session.dialogue, 1
        for piece, last in commands.pieces(self._content, PIECE):
            dialogue.write(piece, replies=replies)
            replies = 0
            await dialogue.sent(session.timeout)
            if dialogue.answered and (dialogue.unsent or not last):
                # The rest, with the final dot in it, must not leave any more.
                session.close()
                return await dialogue.reply(session.timeout)
        self._dotted = True
        return await dialogue.reply(session.final_timeout)

    async def _reset(self, session: Session, now: Round) -> None:
        """The session is fit for the next transaction after it; and its answer shows that none before it was out of step."""
        try:
            said = await session.ask(commands.RSET)
        except Broken as error:
            session.spoil()
            now.trusted = now.trusted or not error.out_of_step
            return
        if said.positive:
            now.trusted = True
            return
        session.spoil()
        # It may dislike RSET; if it is one answer behind, RSET's own comes now.
        now.trusted = now.trusted or (not 300 <= said.code <= 399 and await session.dialogue.silence(min(session.timeout, SILENCE)))

    @staticmethod
    def _settle_accepted(now: Round, outcome: Outcome) -> None:
        now.said |= dict.fromkeys(now.accepted, outcome)

    @staticmethod
    def _see_nonsense(session: Session, now: Round, said: Reply, *, positive: bool = False) -> None:
        """An answer that this command never has (RFC 5321 §4.3.2); 421 ends the session at any command."""
        if said.code == 421:
            now.trusted = True
            session.spoil()
        elif 300 <= said.code <= 399 or (positive and said.positive):
            session.spoil()

    async def _conclude(self, session: Session, now: Round) -> bool:
        """Whether those who still wait are worth another round on this session."""
        if not now.trusted:
            session.spoil()
            self.settle_rest(Deferred(OUT_OF_STEP))
            return False
        self.outcomes |= now.said
        delivered = any(isinstance(now.said.get(each), Delivered) for each in now.accepted)
        changed = (now.lighten and await self._lighten()) or (self._bare and not now.bare)
        if now.again or (now.another and (delivered or changed)):
            self._fresh = not session.fit
            return session.fit
        self.outcomes |= {each: outcome for each, outcome in now.another.items() if each not in self.outcomes}
        self.settle_rest(Deferred(OUT_OF_STEP))
        return False

    def _says_nothing(self, session: Session, error: Broken) -> bool:
        """The server had closed a kept session, or said 421 to it (RFC 5321 §3.8): the letter gets another one."""
        now = self._round
        if now is not None and now.again:
            return True
        untouched = now is None or not (now.accepted or now.said or now.another)
        return session.used_before and not self.outcomes and untouched and not error.out_of_step

    def _only_the_session_ended(self, session: Session) -> bool:
        if not session.used_before or self._round is None or self._round.accepted:
            return False
        if self.outcomes and all(isinstance(each, Deferred) and each.code == 421 for each in self.outcomes.values()):
            self.outcomes.clear()
            return True
        return False


SILENCE: Final = 2.0
