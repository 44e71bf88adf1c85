"""Write a letter: template and facts to subject, text and HTML."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.domain.letter import one_line
from gateway.domain.states import LetterKind
from gateway.letters.built_in import built_in
from gateway.letters.facts import LetterFacts
from gateway.letters.faults import Fault, UnusableError
from gateway.letters.markup import as_html
from gateway.letters.operators import LANGUAGES, NONE, SUBJECT, Source, Templates
from gateway.letters.page import as_page, as_text
from gateway.letters.sandbox import load, rendered
from gateway.letters.scale import as_buttons, as_lines
from gateway.letters.subject import tagged
from gateway.letters.texts import REPLY_ABOVE
from gateway.letters.values import values

ROOM: Final = 1_000_000
"""Characters that an operator's template may make, besides what it makes of the article's."""


@dataclass(frozen=True, slots=True)
class Written:
    """`text` has LF line ends and begins with the reply-above line, as does the HTML. `faults`: why an operator's template was passed
    over."""

    subject: str
    text: str
    html: str
    faults: tuple[Fault, ...] = ()


def write_letter(facts: LetterFacts, templates: Templates = NONE) -> Written:
    """By the operator's template, else by the built-in one: a letter that is due goes out, whatever became of a file meanwhile."""
    faults: tuple[Fault, ...] = ()
    for source in sources(facts, templates):
        try:
            return replace(by_source(source, facts), faults=faults)
        except UnusableError as unusable:
            faults += unusable.faults
    if facts.template is not None and not templates.has(facts.template) and not faults:
        faults = (missing(facts.template),)
    return replace(by_source(of_built_in(facts), facts), faults=faults)


def sources(facts: LetterFacts, templates: Templates) -> Iterator[Source]:
    """A template that was asked for by its name serves every language, if need be; that of an event has a built-in one for each."""
    if facts.template is not None:
        named = templates.find(facts.template, facts.read_by, facts.language, *LANGUAGES)
        if named is not None:
            yield named
    of_event = templates.find(facts.kind, facts.read_by, facts.language)
    if of_event is not None and facts.template != facts.kind:
        yield of_event


def of_built_in(facts: LetterFacts) -> Source:
    found = built_in().find(facts.kind, facts.read_by, facts.language)
    assert found is not None, f"no built-in letter {facts.kind}"
    return found


def missing(name: str) -> Fault:
    return Fault(f"LANG/{name}.txt", 0, "", "there is no such file; the event's own template is used")


def by_source(source: Source, facts: LetterFacts) -> Written:
    """Raises `UnusableError`. The letter is in the template's language throughout."""
    facts = replace(facts, language=source.language)
    line = REPLY_ABOVE[source.language]
    title = subject(source, facts)
    page = render_html(source, facts) if source.html is not None else None
    text = render_text(source, facts) if source.text is not None else as_text(page or "", source.html_file)
    # An operator may have written the line as well.
    text = text.strip("\n").removeprefix(line).strip("\n")
    return Written(title, f"{line}\n\n{text}\n", twin(text, title, facts) if page is None else as_page(page, line, source.html_file))


def twin(text: str, title: str, facts: LetterFacts) -> str:
    """A digest is for a look: nobody's address becomes a link in it."""
    levels, links = facts.rating.levels, facts.kind is not LetterKind.DIGEST
    return as_html(text, title, REPLY_ABOVE[facts.language], facts.language, as_lines(levels), as_buttons(levels), links=links)


def subject(source: Source, facts: LetterFacts) -> str:
    """The first line of the text or, without one, of the HTML; else the event's built-in one."""
    first, file = subject_line(source)
    if first is None:
        return subject(of_built_in(facts), facts)
    made = rendered(load(first, "txt", source.language, file), values(facts, markup=False), ROOM)
    return tagged(one_line(made), facts.ticket.number)


def subject_line(source: Source) -> tuple[str | None, str]:
    for written, file in ((source.text, source.text_file), (source.html, source.html_file)):
        if written is not None and written.startswith(SUBJECT):
            if not (line := written.partition("\n")[0].removeprefix(SUBJECT).strip()):
                raise UnusableError((Fault(file, 1, "", "the subject is empty: write one behind `Subject:`"),))
            return line, file
    if source.text is not None:
        raise UnusableError((Fault(source.text_file, 1, "", "the first line is `Subject: …`, then comes a blank one, then the text"),))
    return None, source.html_file


def render_text(source: Source, facts: LetterFacts) -> str:
    assert source.text is not None
    loaded = load(source.text.partition("\n")[2], "txt", source.language, source.text_file, above=1)
    return rendered(loaded, values(facts, markup=False), room(facts))


def render_html(source: Source, facts: LetterFacts) -> str:
    """With `<style>` as it was written."""
    assert source.html is not None
    titled = source.html.startswith(SUBJECT)
    written = source.html.partition("\n")[2] if titled else source.html
    loaded = load(written, "html", source.language, source.html_file, above=int(titled))
    return rendered(loaded, values(facts, markup=True), room(facts))


def room(facts: LetterFacts) -> int:
    """A character that is escaped becomes five."""
    return ROOM + 6 * len(facts.article.text)
