"""pyspf over known answers: it would ask DNS itself, blocking; here it stops at the first question that has no answer yet."""

import ipaddress
from collections.abc import Iterable
from typing import Any, cast

import spf

from gateway.auth.dns import ABSENT, Answer, Answers, Kind, Question

LONGEST_RECORD, LONGEST_TERM = 4096, 512
"""pyspf looks for faulty macros in quadratic time; what is longer could not be published in one answer anyway."""


class MissingError(Exception):
    """Answers to these questions are needed before there can be a result."""

    def __init__(self, questions: Iterable[Question]) -> None:
        super().__init__("answers are missing")
        self.questions = tuple(questions)


class Query(spf.query):  # type: ignore[misc]
    def __init__(self, address: str, sender: str, helo: str, answers: Answers) -> None:
        super().__init__(i=address, s=sender, h=helo)
        self._answers = answers

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        answer = self._known([name], cast(Kind, qtype))[0]
        if answer.status == "temperror":
            raise spf.TempError(f"DNS {qtype} {name}")
        if not answer.records and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many names that do not exist")
        return [(record,) if qtype == "TXT" else record for record in answer.records]

    def dns_spf(self, domain: str) -> str | None:
        record: str | None = super().dns_spf(domain)
        if record and (len(record) > LONGEST_RECORD or any(len(term) > LONGEST_TERM for term in record.split(" "))):
            raise spf.PermError("the record is too long")
        return record

    def dns_mx(self, domainname: str) -> list[str]:
        hosts = [host for _, host in self.dns(domainname, "MX")]
        if len(hosts) <= spf.MAX_MX:
            self._known(hosts, self.A)
        return cast(list[str], super().dns_mx(domainname))

    def validated_ptrs(self) -> list[str]:
        """RFC 7208 §5.5: an error of DNS is no match and no more; names past the tenth are not looked at."""
        reverse = ipaddress.ip_address(self.c).reverse_pointer
        names = [str(name) for name in self._known([reverse], "PTR")[0].records][: spf.MAX_PTR]
        known = self._known(names, self.A)
        own = ipaddress.ip_address(self.c)
        return [
            name
            for name, answer in zip(names, known, strict=True)
            if any(ipaddress.ip_address(str(record)) == own for record in answer.records)
        ]

    def get_explanation(self, spec: str) -> None:
        """Its words would go to the peer; we answer with words of our own, so nobody is asked for them."""

    def _known(self, names: Iterable[str], kind: Kind) -> list[Answer]:
        questions = [Question(name.rstrip(".").lower(), kind) for name in names]
        missing = [each for each in questions if each.name and each not in self._answers]
        if missing:
            raise MissingError(missing)
        return [self._answers.get(each, ABSENT) for each in questions]
