"""The cutter: one pass over the lines, from the top, that decides what each of them is."""

from dataclasses import dataclass
from itertools import groupby

from gateway.domain.ours import Ours
from gateway.mail.reply.attribution import LONGEST, is_attribution, is_bare_verb, may_begin, may_end, may_name_first
from gateway.mail.reply.cut import Cut, Span, SpanKind, cut_at, whole
from gateway.mail.reply.headers import Block, begins_forward, is_rule, read_block, read_field, separator
from gateway.mail.reply.lines import Lines, Mark, is_angle_quoted
from gateway.mail.reply.own import find_reply_above, names_address, names_ours
from gateway.mail.reply.signature import signature_start
from gateway.mail.reply.structure import Structure, mark_lines, read_structure, signed_lines

_WRAPPED_OVER = 6
_WRAPPING_WIDTH = 66
_LOOK_AHEAD = 4
_MAX_CANDIDATES = 1_000
"""Lines that are looked at as the beginning of an attribution or a header block."""


@dataclass(frozen=True, slots=True)
class _Boundary:
    """Lines `start` to `end` (exclusive) that announce a quotation."""

    start: int
    end: int
    forward: bool = False
    attribution: bool = False


def cut_reply(text: str, html: str | None, ours: Ours, *, forwards: bool = False, answers: bool = True) -> Cut:
    """Cut `text`; `html` is its other form or its source. When unsure, text stays new.

    A forwarded message belongs to what its sender has to say, unless we wrote it. A line such as "Forwarded message" tells one, though not
    over `>` lines of a mail that `answers` another: those its reader knows. With `forwards`, when the subject says that this is a forward,
    all that programs put above a quotation tells one, but the attribution of a reply.
    """
    if not text.strip():
        return whole(text)
    structure = read_structure(html, text) if html else Structure()
    lines = Lines(text)
    mark_lines(lines, structure)
    scan = _Scan(lines, ours, forwards=forwards, answers=answers)
    limit = scan.honour_reply_above()
    scan.run(limit)
    return _finish(text, lines, scan, signed_lines(lines, structure))


class _Scan:
    """`kinds[i]` is what line i was found to be."""

    def __init__(self, lines: Lines, ours: Ours, *, forwards: bool, answers: bool) -> None:
        self.lines = lines
        self.ours = ours
        self.forwards = forwards
        self.answers = answers
        self.kinds: list[SpanKind] = ["new"] * len(lines)
        self.forwarded = len(lines)
        """The line with which the forwarded message begins: a signature below it is not the sender's."""
        self.announced = False
        self.candidates = 0

    def quote(self, start: int, end: int) -> None:
        """Mark the lines as quoted, with the rule that may stand above them."""
        above = start - 1
        while above >= 0 and start - above <= _LOOK_AHEAD and self.lines.is_blank(above):
            above -= 1
        if above >= 0 and is_rule(self.lines.plain(above)) and self.kinds[above] == "new":
            start = above
        self.kinds[start:end] = ["quoted"] * (end - start)

    def honour_reply_above(self) -> int:
        """Mark what our own line heads as quoted, with the block just above it that names us. Returns where the scan may stop."""
        lines = self.lines
        own = find_reply_above(lines)
        if own is None:
            return len(lines)
        start = own[0]
        block = self._own_block_above(start)
        if block is not None:
            lines.marks[block:start] = [Mark.HARD] * (start - block)
        if lines.marks[start] is Mark.NONE:
            if not self._anything_written(block if block is not None else start):
                return len(lines)
            self.quote(block if block is not None else start, len(lines))
            return block if block is not None else start
        run = self._run_end(start)
        lines.marks[start:run] = [Mark.HARD] * (run - start)
        return len(lines)

    def _own_block_above(self, line: int) -> int | None:
        """The first line of the attribution or header block that ends just above `line` and names something of ours."""
        lines = self.lines
        last = line - 1
        while last >= 0 and lines.is_blank(last):
            last -= 1
        if last < 0 or line - last > 6:
            return None
        top = last
        while top > 0 and last - top < 11 and not lines.is_blank(top - 1):
            top -= 1
        best = self._naming_start(top, last)
        while best is not None and best > 0 and self._tops_block(lines.plain(best - 1)):
            best -= 1
        return best

    def _naming_start(self, top: int, last: int) -> int | None:
        """Where, between these lines, the shortest block begins that reaches to `last`, is shaped like one and names something of ours."""
        lines = self.lines
        best = shaped = None
        for start in range(last, top - 1, -1):
            joined = " ".join(lines.plain(at) for at in range(start, last + 1))
            if not names_ours(joined, self.ours):
                continue
            block = read_block(start, last + 1, lines.plain)
            if block and block.end == last + 1:
                best = start
            elif best is None and last - start < _WRAPPED_OVER:
                if is_attribution(joined, quote_follows=True, named_first=False) or (
                    shaped is None and is_attribution(joined, quote_follows=False)
                ):
                    return start
                if shaped is None and joined.endswith((":", "：")) and last - start < 3:
                    shaped = start
        return shaped if best is None else best

    def _tops_block(self, line: str) -> bool:
        return is_rule(line) or separator(line) is not None or read_field(line) is not None

    def _anything_written(self, end: int) -> bool:
        return any(any(map(str.isalnum, self.lines.plain(at))) for at in range(end))

    def run(self, limit: int) -> None:
        index = 0
        while index < limit:
            if self.lines.marks[index] is not Mark.NONE:
                index = self._take_marked(index, limit)
                continue
            boundary = self._boundary(index, limit)
            if boundary is None:
                index += 1
                continue
            index = self._take_boundary(boundary, limit)

    def _take_marked(self, start: int, limit: int) -> int:
        """A quotation that no line announced: cut when it ends the message, when it says itself whose words it is, or by structure."""
        end = min(self._run_end(start), limit)
        lines = self.lines
        mark = max(lines.marks[start:end])
        if self._is_forward(start, end):
            self.forwarded = min(self.forwarded, start)
            return end
        follows = lines.next_filled(end, limit) < limit
        announces = self._announces(start, end)
        ends = not follows and self._anything_new(start) and (end - start > 1 or lines.is_blank(start - 1))
        if mark is Mark.HARD or announces or (mark is Mark.ANGLE and (self.announced or ends)):
            self.quote(start, end)
            self.announced = self.announced or announces or mark is Mark.HARD
        return end

    def _take_boundary(self, boundary: _Boundary, limit: int) -> int:
        lines = self.lines
        body = lines.next_filled(boundary.end, limit)
        if self._is_forward(boundary.start, limit):
            self.forwarded = min(self.forwarded, boundary.start)
            return limit
        written = self._anything_new(boundary.start)
        if body < limit and lines.marks[body] is not Mark.NONE and not (boundary.forward and not written):
            end = min(self._run_end(body), limit)
            self.quote(boundary.start, end)
            self.announced = True
            return end
        if written:
            self.quote(boundary.start, limit)
            return limit
        if boundary.attribution and body < limit:
            self.quote(boundary.start, boundary.end)
            return boundary.end
        return limit if boundary.forward else boundary.end

    def _anything_new(self, end: int) -> bool:
        return any(self.kinds[at] == "new" and any(map(str.isalnum, self.lines.plain(at))) for at in range(end))

    def _announces(self, start: int, end: int) -> bool:
        """Does the quotation begin with its own attribution or header block?"""
        first = self.lines.next_filled(start, min(end, start + 40))
        if first >= end:
            return False
        return self._attribution_end(first, end, quote_follows=True) is not None or self._block(first, end) is not None

    def _is_forward(self, start: int, end: int) -> bool:
        """Do these lines begin what the sender forwards (see `cut_reply`)?"""
        first = self.lines.next_filled(start, min(end, start + 40))
        if first < end and is_rule(self.lines.plain(first)):
            first = self.lines.next_filled(first + 1, min(end, first + _LOOK_AHEAD))
        if first >= end:
            return False
        line = self.lines.plain(first)
        run_in = begins_forward(line)
        kind = run_in[0] if run_in else separator(line)
        if kind != "forwarded" and not self.forwards:
            return False
        below = first if kind is None else self.lines.next_filled(first + 1, min(end, first + _LOOK_AHEAD))
        if self.answers and not self.forwards and below < end and is_angle_quoted(self.lines.raw[below]) and self._anything_new(start):
            return False
        header = self._block(below, end) if below < end else None
        author = run_in[1] if run_in else header.first("author") if header else ""
        return (kind is not None or header is not None) and not names_address(author, self.ours)

    def _run_end(self, start: int) -> int:
        """The end of the run of marked lines, with the blank lines between them and what a marked line spilled into the next."""
        lines = self.lines
        index = end = start
        while index < len(lines):
            if lines.marks[index] is not Mark.NONE:
                index += 1
                end = index
            elif lines.is_blank(index) or self._is_spill(index):
                index += 1
            else:
                break
        return end

    def _is_spill(self, index: int) -> bool:
        """What wrapping pushed out of a marked line, marked lines being right above and below: a link, or a sentence's next words."""
        lines = self.lines
        if not (0 < index < len(lines) - 1 and lines.marks[index - 1] is not Mark.NONE and lines.marks[index + 1] is not Mark.NONE):
            return False
        line, above = lines.raw[index].strip(), lines.raw[index - 1].rstrip()
        words = line.split(None, 3)
        if len(words) == 1 or (len(words) <= 3 and "://" in line):
            return not line.endswith((".", "!", "?"))
        return line[0].islower() and len(above) >= _WRAPPING_WIDTH and not above.endswith((".", "!", "?", ":"))

    def _boundary(self, index: int, limit: int) -> _Boundary | None:
        line = self.lines.plain(index)
        if not line:
            return None
        kind = separator(line)
        if kind or begins_forward(line):
            below = self._header_end(index + 1, limit)
            return _Boundary(index, below, forward=kind != "original")
        if is_rule(line):
            return self._ruled(index, limit)
        block = self._block(index, limit)
        if block and self._is_quoted_block(block):
            return _Boundary(index, self._with_attribution(block.end, limit))
        end = self._attribution_end(index, limit, quote_follows=None)
        return _Boundary(index, end, attribution=True) if end else None

    def _ruled(self, index: int, limit: int) -> _Boundary | None:
        """A line of dashes counts only together with the header block or attribution right under it."""
        first = self.lines.next_filled(index + 1, min(limit, index + 4))
        if first >= limit or self.lines.marks[first] is not Mark.NONE:
            return None
        block = self._block(first, limit)
        if block:
            end = self._with_attribution(block.end, limit)
            if end > block.end or "author" in block.roles:
                return _Boundary(index, end)
        return None

    def _with_attribution(self, end: int, limit: int) -> int:
        """Yandex writes an attribution under its header lines."""
        if end < limit and self.lines.plain(end):
            return self._attribution_end(end, limit, quote_follows=True) or end
        return end

    def _header_end(self, index: int, limit: int) -> int:
        first = self.lines.next_filled(index, min(limit, index + _LOOK_AHEAD))
        block = self._block(first, limit) if first < limit else None
        return block.end if block else index

    def _block(self, index: int, limit: int) -> Block | None:
        if self.candidates >= _MAX_CANDIDATES or read_field(self.lines.plain(index)) is None:
            return None
        self.candidates += 1
        return read_block(index, limit, self.lines.plain)

    def _is_quoted_block(self, block: Block) -> bool:
        """Headers that a person pasted are announced by a sentence that ends in a colon, or lack the date; a booking has no subject."""
        texts = " ".join(value for _, value in block.fields)
        if not block.is_complete or not ("subject" in block.roles or "@" in texts):
            return False
        return not self._is_introduced(block.start) or names_ours(texts, self.ours)

    def _is_introduced(self, index: int) -> bool:
        above = index - 1
        while above >= 0 and index - above < 4 and self.lines.is_blank(above):
            above -= 1
        if above < 0 or index - above >= 4:
            return False
        line = self.lines.plain(above)
        return line.endswith((":", "：")) and separator(line) is None

    def _attribution_end(self, index: int, limit: int, *, quote_follows: bool | None) -> int | None:
        """The line after the attribution that begins on line `index`, joined from as few lines as make one."""
        lines = self.lines
        if self.candidates >= _MAX_CANDIDATES or not may_begin(lines.plain(index)):
            return None
        self.candidates += 1
        joined = ""
        for end in range(index, min(limit, index + _WRAPPED_OVER)):
            line = lines.plain(end)
            if not self._goes_on(index, end, limit):
                return None
            joined = f"{joined} {line}".strip()
            if len(joined) > LONGEST:
                return None
            follows = self._marked_after(end + 1, limit) if quote_follows is None else quote_follows
            if not (follows or may_end(joined)) or (end + 1 < limit and is_bare_verb(lines.plain(end + 1))):
                continue
            named_first = end == index or may_name_first(lines.plain(index))
            if line and is_attribution(joined, quote_follows=follows, named_first=named_first):
                return end + 1 if not self._begins_later(index, end, follows) else None
        return None

    def _goes_on(self, first: int, index: int, limit: int) -> bool:
        """Can line `index` belong to an attribution that began on line `first`? After a blank line: only its address."""
        lines = self.lines
        if index == first:
            return True
        if lines.is_blank(index):
            return index + 1 < limit and lines.plain(index + 1).startswith("<") and lines.marks[index + 1] is Mark.NONE
        return lines.marks[index] is lines.marks[first] or is_bare_verb(lines.plain(index))

    def _begins_later(self, first: int, last: int, follows: bool) -> bool:
        """Is line `first` text, and the attribution only what stands below it?"""
        joined = [" ".join(self.lines.plain(at) for at in range(start, last + 1)) for start in range(first, last + 1)]
        if is_attribution(joined[0], quote_follows=follows, named_first=False):
            return False
        strictly = may_name_first(self.lines.plain(first))
        return any(is_attribution(text, quote_follows=follows and not strictly, named_first=False) for text in joined[1:])

    def _marked_after(self, index: int, limit: int) -> bool:
        end = min(limit, index + _LOOK_AHEAD)
        body = self.lines.next_filled(index, end)
        return body < end and self.lines.marks[body] is not Mark.NONE and not is_bare_verb(self.lines.plain(body))


def _finish(text: str, lines: Lines, scan: _Scan, signed: frozenset[int]) -> Cut:
    _sign(lines, scan, signed)
    cut = cut_at(text, _spans(lines, scan.kinds))
    if not any(map(str.isalnum, cut.new_text)) and _words_written(lines, scan.kinds):
        return whole(text)
    return cut


def _sign(lines: Lines, scan: _Scan, signed: frozenset[int]) -> None:
    """Mark the signature at the end of each stretch of new text: above the quotation, below it, or both."""
    kinds = scan.kinds
    for kind, group in groupby(range(scan.forwarded), key=lambda index: kinds[index]):
        if kind == "new":
            run = list(group)
            start = signature_start(lines, run, signed)
            if start is not None:
                kinds[run[start] : run[-1] + 1] = ["signature"] * (len(run) - start)


def _words_written(lines: Lines, kinds: list[SpanKind]) -> bool:
    """Is there anything but marked quotation and what announces it?"""
    return any(kind != "quoted" and any(map(str.isalnum, lines.plain(at))) for at, kind in enumerate(kinds))


def _spans(lines: Lines, kinds: list[SpanKind]) -> tuple[Span, ...]:
    spans = []
    for kind, group in groupby(range(len(kinds)), key=lambda index: kinds[index]):
        indices = list(group)
        spans.append(Span(kind, lines.starts[indices[0]], lines.starts[indices[-1] + 1]))
    return tuple(span for span in spans if span.end > span.start)
