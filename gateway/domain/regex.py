"""Regular expressions of rules: RE2's, whose time grows with the text and never with its square.

Letters are compared without case, `^` and `$` stand for the ends of lines. RE2 knows `\\d`, `\\w` and `\\b` for ASCII alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

LONGEST_TEXT: Final = 1 << 20
"""Octets of a text that are looked at."""
LARGEST_PROGRAM: Final = 6_400
"""Instructions an expression may be compiled to."""
MOST_USES: Final = 4
"""How many expressions may ask for all of the work that is done for one; more of them share it."""
# RE2's slowest engine takes 5 to 10 ns for an instruction and an octet: half a second for all of these.
_MOST_WORK: Final = 64 << 20
# Of what an expression remembers from one text to the next. RE2's default of 8 MiB would be a gigabyte for a hundred cruel ones.
_MEMORY: Final = 2 << 20

# What other engines know, and RE2 by its nature does not: found in the source only once RE2 has refused it.
_UNKNOWN: Final = (
    (re.compile(r"\(\?<?[=!]"), "look-around"),
    (re.compile(r"\\[1-9]|\(\?P=|\\[kg][<{']"), "a back-reference"),
    (re.compile(r"\(\?>|[*+?}]\+"), "an atomic group or a possessive repetition"),
    (re.compile(r"\(\?\("), "a condition within the expression"),
    (re.compile(r"\(\?#"), "a comment within the expression"),
    (re.compile(r"\\Z"), r"\Z: write \z"),
    (re.compile(r"\\u[0-9A-Fa-f]{4}"), r"\u: write the character itself, or \x{…}"),
)


@dataclass(frozen=True, slots=True)
class Expression:
    """Of an expression that RE2 took."""

    program: Any
    size: int
    """Instructions that it was compiled to."""

    def reach(self, uses: int = 1) -> int:
        """Octets that it looks at where so many expressions are tried on the same mail: each has the same share of the work."""
        return min(LONGEST_TEXT, _MOST_WORK * MOST_USES // max(MOST_USES, uses) // self.size)

    def found_in(self, texts: Iterable[bytes], uses: int = 1) -> bool:
        """Somewhere in one of the texts, which are UTF-8, as far as it reaches in all of them together."""
        left = self.reach(uses)
        for text in texts:
            if left <= 0:
                break
            if self.program.search(text[:left]) is not None:
                return True
            left -= len(text)
        return False


@lru_cache(maxsize=4096)
def expression(source: str) -> Expression:
    """Raises ValueError with the reason why RE2 cannot run it."""
    _compiled(source)  # alone first, so that RE2's words are about it and not about what we put before it
    program = _compiled(f"(?m){source}")
    size = max(1, program.programsize)
    if size > LARGEST_PROGRAM:
        raise ValueError(f"it is too large: {size} instructions, of {LARGEST_PROGRAM} at most; write less repetitions")
    return Expression(program, size)


@lru_cache(maxsize=4096)
def glob(pattern: str) -> Expression:
    """The whole text, where `*` stands for anything and `?` for one character."""
    translated = "".join(".*" if each == "*" else "." if each == "?" else re2.escape(each) for each in pattern)
    program = _compiled(rf"(?s)\A{translated}\z")
    return Expression(program, max(1, program.programsize))


def octets(text: str) -> bytes:
    """As `found_in` takes it, whatever it holds."""
    return text[:LONGEST_TEXT].encode("utf-8", "replace")


def _compiled(source: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(source, options)
    except re2.error as error:
        raise ValueError(_refusal(source, error)) from None


def _refusal(source: str, error: Exception) -> str:
    unknown = next((name for pattern, name in _UNKNOWN if pattern.search(source)), None)
    if unknown is not None:
        return f"RE2 runs it in time that grows with the text alone, and so does not know {unknown}"
    said = error.args[0] if error.args else ""
    return f"RE2 says: {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
