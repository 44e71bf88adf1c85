"""From a template's source to what can be rendered: Jinja in its sandbox, with `grammar.py`'s part of its language, bounded."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.domain.organisation import Language
from gateway.letters.faults import Fault, UnusableError
from gateway.letters.filters import FILTERS
from gateway.letters.grammar import TESTS, Trouble, macros, troubles
from gateway.letters.macros import SEVERAL_LINES, creatio_macro
from gateway.letters.operators import Form
from gateway.mail.charsets import clean

LONGEST_SOURCE = 256 * 1024
"""Characters of a template."""

# Our own subject tag, [#12], has no # at its end.
CREATIO_MACRO: Final = re.compile(r"\[#([^\[\]#\n{}]{1,80})#\]")


class CreatioMacros(Extension):
    """`[#Number#]` in a template's words is `{{ ticket.number }}`. Values never come by here."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type != "data" or "[#" not in token.value:
                yield token
                continue
            end = 0
            for found in CREATIO_MACRO.finditer(token.value):
                line = token.lineno + token.value.count("\n", 0, found.start())
                yield Token(token.lineno, "data", token.value[end : found.start()])
                yield from self.expression(found, line)
                end = found.end()
            yield Token(token.lineno, "data", token.value[end:])

    def expression(self, found: re.Match[str], line: int) -> Iterator[Token]:
        """One that there is not goes on as it is written, so that `grammar` can name it."""
        path = creatio_macro(found[1]) or found[0]
        names = [path] if path == found[0] else path.split(".")
        yield Token(line, "variable_begin", "{{")
        yield Token(line, "name", names[0])
        for each in names[1:]:
            yield Token(line, "dot", ".")
            yield Token(line, "name", each)
        if self.environment.autoescape and path in SEVERAL_LINES:
            yield Token(line, "pipe", "|")
            yield Token(line, "name", "lines")
        yield Token(line, "variable_end", "}}")


@lru_cache(maxsize=2)
def environment(form: Form) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        # A text is escaped as a whole, by markup.py, when its HTML twin is made.
        autoescape=form == "html",
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[CreatioMacros],
    )
    made.globals.clear()
    made.filters = dict(FILTERS)
    made.tests = {name: made.tests[name] for name in TESTS}
    return made


@lru_cache(maxsize=1024)
def compiled(source: str, form: Form, language: Language) -> Template | tuple[Trouble, ...]:
    """What is wrong with it, or the template."""
    if len(source) > LONGEST_SOURCE:
        return (Trouble(0, "", f"it has more than {LONGEST_SOURCE:,} characters"),)
    try:
        found = tuple(troubles(environment(form).parse(source), language))
        return found or environment(form).from_string(source)
    except TemplateSyntaxError as error:
        return (Trouble(error.lineno, "", error.message or "it cannot be read"),)
    except (RecursionError, ValueError):
        # Brackets without end, or a number of thousands of digits.
        return (Trouble(0, "", "an expression is too long"),)


def macros_in(source: str, form: Form) -> frozenset[str]:
    """The macros that it names, outside of loops' own names; none where it cannot be read."""
    try:
        return frozenset(macros(environment(form).parse(source)))
    except (TemplateSyntaxError, RecursionError, ValueError):
        return frozenset()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A template that can be rendered. `above`: lines of its file before it."""

    template: Template
    file: str
    above: int

    def fault(self, line: int, remedy: str) -> UnusableError:
        return UnusableError((Fault(self.file, line and line + self.above, "", remedy),))


def load(source: str, form: Form, language: Language, file: str, above: int = 0) -> Loaded:
    """Raises `UnusableError`."""
    made = compiled(source, form, language)
    if isinstance(made, Template):
        return Loaded(made, file, above)
    raise UnusableError(tuple(Fault(file, each.line and each.line + above, each.macro, each.remedy) for each in made))


def rendered(loaded: Loaded, macros: Mapping[str, Any], most: int) -> str:
    """At most `most` characters. Raises `UnusableError` where the template does with its macros what cannot be done with them."""
    pieces: list[str] = []
    room = most
    try:
        for each in loaded.template.generate(macros):
            room -= len(each)
            if room < 0:
                raise loaded.fault(0, f"the letter is longer than {most:,} characters")
            pieces.append(each)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise loaded.fault(line_of(error), str(error)) from error
    # A template can write what no mail may hold, as in "\\0".
    return clean("".join(pieces))


def line_of(error: Exception) -> int:
    """The template's line that failed, off the traceback that Jinja rewrites."""
    frame, line = error.__traceback__, 0
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == "<template>":
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
