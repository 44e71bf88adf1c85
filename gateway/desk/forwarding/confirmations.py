"""A provider's question whether it may forward mail to us (Z5): an open ticket with code and link on top. PURE.

It is mail all the same: nothing is confirmed by itself, and one that its author's domain disowns is not marked at all.
"""

from dataclasses import replace
from html import escape
from typing import Final

from gateway.desk.case import Case
from gateway.desk.route import Route, route
from gateway.domain.organisation import Language
from gateway.domain.states import Status
from gateway.domain.steps import AddArticle, AddTags, SetStatus, Step
from gateway.letters.texts import CONFIRMATION

TAG: Final = "forwarding-confirmation"
MARKS: Final[tuple[Step, ...]] = (SetStatus(Status.OPEN), AddTags((TAG,)))


def is_confirmation(case: Case) -> bool:
    return case.message.kind == "forwarding_confirmation" and case.message.confirmation is not None and not case.verdict.disowned


def with_code_on_top(article: AddArticle, case: Case, language: Language) -> AddArticle:
    lines = on_top(case, language)
    html = None if article.html is None else "".join(f"<p>{escape(each)}</p>" for each in lines) + article.html
    return replace(article, text="\n\n".join((*lines, article.text)), html=html)


def on_top(case: Case, language: Language) -> tuple[str, ...]:
    asked, author, words = case.message.confirmation, case.message.author, CONFIRMATION[language]
    assert asked is not None
    routed = route(case.message, case.recipients, case.organisation, case.department)
    gateway = routed.address if isinstance(routed, Route) else case.organisation.default_gateway.address
    return tuple(
        filter(
            None,
            (
                words["asks"].format(author=author.address if author is not None else "?", gateway=gateway),
                words["code"].format(code=asked.code) if asked.code is not None else None,
                words["link"].format(link=asked.link) if asked.link is not None else None,
                None if case.verdict.aligned else words["unproven"],
                words["below"],
            ),
        )
    )
