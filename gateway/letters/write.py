"""Write a letter: template and facts to subject, text and HTML."""

import re
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import PackageLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.domain.letter import one_line
from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.domain.steps import Person
from gateway.letters.facts import LetterFacts
from gateway.letters.lines import as_written
from gateway.letters.markup import as_html
from gateway.letters.subject import bare_subject
from gateway.letters.texts import REPLY_ABOVE, WITHOUT_SUBJECT

LONGEST_NAME = 100
LONGEST_LINE = 200
LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """`text` has LF line ends and begins with the reply-above line, as does the HTML."""

    subject: str
    text: str
    html: str


def write_letter(facts: LetterFacts) -> Written:
    subject_template, text_template = template(facts.kind, facts.language)
    subject = facts.ticket.subject
    values = {
        "ticket": {"number": facts.ticket.number, "subject": bare_subject(subject) or WITHOUT_SUBJECT[facts.language]},
        "gateway": facts.gateway,
        "client": Person(short(facts.client.name), facts.client.address),
        "author": shown(facts.author),
        "article": {"text": facts.article.text.strip("\n"), "files": facts.article.files, "verified": facts.article.verified},
        "department": facts.department,
        "desk": facts.desk,
        "why": facts.why,
        "receipt": {
            "refused": [(as_written(line, LONGEST_LINE), why) for line, why in facts.receipt.refused],
            "done": [as_written(line, LONGEST_LINE) for line in facts.receipt.done],
            "help": facts.receipt.help,
            "withheld": facts.receipt.withheld,
            "left_out": facts.receipt.left_out,
        },
    }
    line = REPLY_ABOVE[facts.language]
    text = text_template.render(values).strip("\n")
    title = one_line(subject_template.render(values))
    return Written(title, f"{line}\n\n{text}\n", as_html(text, title, line, facts.language))


def shown(person: Person) -> str:
    """`Анна <anna@client.test>`, or the address alone."""
    name = short(person.name)
    return f"{name} <{person.address}>" if name and name != person.address else person.address


def short(name: str) -> str:
    """On one line, and no longer than a name: a stranger's must not carry a message, or a link, of its own to whoever gets the letter."""
    plain = one_line(name)
    return "" if LINK.search(plain) else plain[:LONGEST_NAME].rstrip()


@lru_cache(maxsize=1)
def environment() -> ImmutableSandboxedEnvironment:
    loader = PackageLoader("gateway.letters")
    # Text, not HTML: markup.py escapes the whole when it makes the HTML twin.
    return ImmutableSandboxedEnvironment(loader=loader, undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)


@lru_cache(maxsize=256)
def template(kind: LetterKind, language: Language) -> tuple[Template, Template]:
    """The subject's and the text's template."""
    loader = environment().loader
    assert loader is not None
    source, _, _ = loader.get_source(environment(), f"{language}/{kind}.txt")
    first, _, text = source.partition("\n")
    assert first.startswith("Subject: ")
    return environment().from_string(first.removeprefix("Subject: ")), environment().from_string(text)
