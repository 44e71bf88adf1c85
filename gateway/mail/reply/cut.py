"""What a cut is: the three parts of a reply, as spans that cover the whole text in order."""

from dataclasses import dataclass
from typing import Literal

SpanKind = Literal["new", "quoted", "signature"]


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` of the text that was cut."""

    kind: SpanKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The parts without surrounding blank lines; `spans` touch each other and cover all of the text."""

    new_text: str
    quoted_text: str
    signature: str
    spans: tuple[Span, ...]


def cut_at(text: str, spans: tuple[Span, ...]) -> Cut:
    """The texts of the spans of each kind, as paragraphs."""

    def of(kind: SpanKind) -> str:
        return "\n\n".join(text[span.start : span.end].strip("\n") for span in spans if span.kind == kind)

    return Cut(of("new").strip(), of("quoted"), of("signature").strip(), spans)


def whole(text: str) -> Cut:
    return cut_at(text, (Span("new", 0, len(text)),) if text else ())
