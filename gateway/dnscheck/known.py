"""The answers of DNS that are known so far, and the questions that a check found without one. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from gateway.auth.dns import Answer, Answers, Kind, Question

Result = TypeVar("Result")

UNASKED: Final = Answer(status="temperror")
"""What a check sees in the place of an answer that it has to wait for: it goes on, and finds out what else it needs."""


@dataclass(slots=True)
class Known:
    """`missing` are the questions that were looked at in vain, each once, in order."""

    answers: Answers
    missing: dict[Question, None] = field(default_factory=dict)

    def ask(self, name: str, kind: Kind) -> Answer:
        question = Question(name.rstrip(".").lower(), kind)
        answer = self.answers.get(question)
        if answer is None:
            self.missing[question] = None
            return UNASKED
        return answer

    def hosts(self, name: str) -> tuple[tuple[str, ...], bool]:
        """The IP addresses of a host; and whether there may be more that could not be looked up."""
        found = [self.ask(name, "A"), self.ask(name, "AAAA")]
        return tuple(str(record) for answer in found for record in answer.records), any(each.status == "temperror" for each in found)


Check = Callable[[Known], Result]
