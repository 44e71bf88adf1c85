"""Runs a pure check against DNS: asks what it finds missing, all at once, and runs it again until nothing is."""

import asyncio
from typing import TypeVar

from gateway.auth.dns import Answer, Question, Resolver
from gateway.dnscheck.known import UNASKED, Check, Known

Result = TypeVar("Result")

MOST_ROUNDS = 40
"""A chain of SPF records has ten look-ups at most before it is at fault; one check looks at little more."""
SECONDS = 20.0
"""For a check with all its questions; what is not answered by then could not be looked up."""


async def answered(check: Check[Result], resolver: Resolver, seconds: float = SECONDS) -> Result:
    """Never raises for what DNS says or does not."""
    answers: dict[Question, Answer] = {}
    deadline = asyncio.get_running_loop().time() + seconds
    for _ in range(MOST_ROUNDS):
        known = Known(answers)
        result = check(known)
        if not known.missing:
            return result
        questions: list[Question] = list(known.missing)
        found = await asyncio.gather(*(resolver.ask(each.name, each.kind, deadline) for each in questions))
        answers.update(zip(questions, found, strict=True))
    # A maze without end: what is still missing counts as not to be looked up.
    return check(Known(answers | dict.fromkeys(known.missing, UNASKED)))
