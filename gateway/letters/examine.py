"""What is wrong with templates, found before a letter is written by one: for `deskgate check`, for the start and for SIGHUP."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, get_args

from selectolax.lexbor import LexborHTMLParser

from gateway.domain.states import LetterKind
from gateway.domain.steps import Person
from gateway.letters.built_in import built_in
from gateway.letters.facts import ArticleFacts, Audience, GatewayFacts, LetterFacts, ReceiptFacts, TicketFacts
from gateway.letters.faults import Fault, UnusableError
from gateway.letters.operators import FILE, LANGUAGES, Templates, form_of, name_of
from gateway.letters.samples import bare_facts, sample_facts
from gateway.letters.sandbox import macros_in
from gateway.letters.write import by_source, render_html

NAMELESS: Final = (LetterKind.REGISTERED, LetterKind.AGENT_REPLY, LetterKind.CLIENT_REPLY)
"""Events that a template with a name of its own is tried with: it may serve any."""

FILLED_IN: Final[dict[str, tuple[LetterKind, ...]]] = {
    "article.": (LetterKind.REGISTERED, LetterKind.NEW_TICKET, LetterKind.CLIENT_REPLY, LetterKind.AGENT_REPLY, LetterKind.NOTE),
    "latest.": (LetterKind.ASSIGNED, LetterKind.REOPENED),
    "rating.scale": (LetterKind.RESOLVED, LetterKind.AGENT_REPLY),
    "rating.levels": (LetterKind.RESOLVED, LetterKind.AGENT_REPLY),
    "receipt.": (LetterKind.RECEIPT,),
    "notices": (LetterKind.DIGEST,),
    "code": (LetterKind.VERIFICATION,),
    "why": (
        LetterKind.FAILED_DELIVERY,
        LetterKind.FORWARDING_FAILED,
        LetterKind.FORWARDING_RESTORED,
        LetterKind.HELD,
        LetterKind.NEW_TICKET,
        LetterKind.NOTE,
    ),
}
"""Macros that are empty in the letters of other events."""

HOSTILE: Final = """javascript:x" onhostile=1 onhostile='1' ><hostile></style></title></textarea>"""


def faults_of(templates: Templates) -> tuple[Fault, ...]:
    """Every fault once, by file and line."""
    found = set(templates.unread)
    for path, source in templates.files.items():
        found.update(faults_in(path, source))
    return tuple(sorted(found, key=lambda each: (each.file, each.line, each.macro, each.remedy)))


def unused(templates: Templates, wanted: Iterable[str] = ()) -> tuple[str, ...]:
    """Files that no letter is written by: it is the name of no event, and not of those that the configuration asks for, `wanted`."""
    used = {*built_in().names(), *wanted}
    return tuple(sorted(path for path in templates.files if name_of(path) not in used))


def faults_in(path: str, source: str) -> Iterator[Fault]:
    alone, facts = Templates({path: source}), tuple(variants(path))
    for each in facts:
        found = alone.find(name_of(path), each.read_by, each.language)
        assert found is not None
        try:
            by_source(found, each)
        except UnusableError as unusable:
            yield from unusable.faults
            return
    if path.endswith(".html"):
        yield from open_doors(path, alone, facts[0])


def variants(path: str) -> Iterator[LetterFacts]:
    """The full letter first."""
    found = FILE.fullmatch(path)
    assert found is not None
    language = next(each for each in LANGUAGES if each == found[1])
    kinds = (LetterKind(found[2]),) if found[2] in set(built_in().names()) else NAMELESS
    audiences: tuple[Audience, ...] = (found[3],) if found[3] else get_args(Audience)
    for kind in kinds:
        for audience in audiences:
            yield sample_facts(kind, language, audience)
            yield bare_facts(kind, language, audience)
            yield hostile(sample_facts(kind, language, audience))


def hostile(facts: LetterFacts) -> LetterFacts:
    """With a stranger's worst words wherever theirs can stand."""
    stranger = Person(HOSTILE, facts.client.address)
    return replace(
        facts,
        ticket=TicketFacts(17, HOSTILE, facts.ticket.status, facts.ticket.priority, HOSTILE, (HOSTILE,), facts.ticket.created),
        client=stranger,
        author=stranger,
        agent=stranger,
        assignee=stranger,
        gateway=GatewayFacts(HOSTILE, facts.gateway.address),
        article=ArticleFacts(HOSTILE, (HOSTILE,)),
        why=HOSTILE,
        receipt=ReceiptFacts(((HOSTILE, HOSTILE),), (HOSTILE,), facts.receipt.help),
    )


def open_doors(path: str, alone: Templates, facts: LetterFacts) -> Iterator[Fault]:
    """Where a stranger's words could become more than text: in a tag, in a script or style, or as an address to go to."""
    found = alone.find(name_of(path), facts.read_by, facts.language)
    assert found is not None
    page = LexborHTMLParser(render_html(found, hostile(facts)))
    for element in page.css("*"):
        for name, value in element.attributes.items():
            if "hostile" in name.lower() or (element.tag or "").startswith("hostile"):
                yield Fault(path, 0, f"<{element.tag}>", 'a macro stands in a tag without quotes: write name="{{ … }}"')
            elif name in ("href", "src", "action") and (value or "").strip().lower().startswith("javascript:"):
                yield Fault(path, 0, f"<{element.tag} {name}>", "a macro that mail can fill is not an address: only link and url are")
            elif (name == "style" or name.startswith("on")) and "onhostile" in (value or ""):
                yield Fault(path, 0, f"<{element.tag} {name}>", "mail must not choose style or script: take the macro out")
        if element.tag in ("script", "style") and "onhostile" in (element.text() or ""):
            yield Fault(path, 0, f"<{element.tag}>", "mail must not choose style or script: take the macro out")


def gaps(templates: Templates) -> tuple[str, ...]:
    """Macros that are always empty in the letter that they stand in: advice, no faults."""
    return tuple(
        f"{path}: {prefix.rstrip('.')} is empty in letters of this event; it is told in {', '.join(kinds)}"
        for path, source in sorted(templates.files.items())
        for prefix, kinds in FILLED_IN.items()
        if name_of(path) in built_in().names()
        and name_of(path) not in kinds
        and any(each.startswith(prefix) for each in macros_in(source, form_of(path)))
    )
