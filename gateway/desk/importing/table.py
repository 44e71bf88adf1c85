"""CSV as spreadsheets and other desks write it: its charset, its separator, its rows by heading. PURE but for reading the open file."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from gateway.mail.charsets import clean, codec_of
from gateway.mail.guessing import guess_charset

BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
LARGEST_CELL: Final = 16 * 1024 * 1024
"""Characters. What exceeds it is a quotation mark that is never closed."""
_PIECE: Final = 1 << 20
_SAMPLE: Final = 64 * 1024
_DELIMITERS: Final = ",;\t|"
# Spreadsheets are told by it which separator follows.
_SEPARATOR: Final = re.compile(r"\ufeff?\"?sep=(.)\"?\s*", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"[^"]*"')
_SPACE: Final = re.compile(r"[\s_]+")
_FORMULA: Final = re.compile(r'="(.*)"', re.DOTALL)
# A quote before what a spreadsheet would take for a formula; exporters put it there against that (OWASP, CSV injection).
_GUARDED: Final = re.compile(r"'[=+\-@\t]")


class TableError(ValueError):
    """It cannot be read as a table at all; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Charset:
    """`certain`: marked, or sound UTF-8; else guessed from the letters."""

    codec: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A row by its headings' places. `number` counts lines as an editor does, from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`headings` as written; `lines` reads on as it is asked."""

    headings: tuple[str, ...]
    lines: Iterator[Line]
    charset: Charset


def charset_of(file: BinaryIO) -> Charset:
    """Reads the file through and goes back to its beginning."""
    start = file.read(4)
    file.seek(0)
    for bom, codec in BOMS:
        if start.startswith(bom):
            return Charset(codec, True)
    if len(start) == 4 and start[1] == start[3] == 0 and start[0] and start[2]:
        return Charset("utf-16-le", True)
    if len(start) == 4 and start[0] == start[2] == 0 and start[1] and start[3]:
        return Charset("utf-16-be", True)
    decoder, sound, sample = codecs.getincrementaldecoder("utf-8")(), True, bytearray()
    while piece := file.read(_PIECE):
        if sound:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                sound = False
        if len(sample) < _SAMPLE:
            # What tells charsets apart is the lines that are not ASCII.
            sample += b"\n".join(each for each in piece.split(b"\n") if not each.isascii())
    file.seek(0)
    if sound:
        try:
            decoder.decode(b"", final=True)
            return Charset("utf-8", True)
        except UnicodeDecodeError:
            pass
    return Charset(guess_charset(bytes(sample[:_SAMPLE])) or "cp1252", False)


def named_charset(name: str) -> Charset | None:
    """One that an operator names; None where nobody knows it."""
    codec = codec_of(name)
    return Charset("utf-8-sig" if codec == "utf-8" else codec, True) if codec is not None else None


def open_table(file: BinaryIO, charset: Charset) -> Table:
    """Raises TableError where there is no line with headings, or a cell that never ends."""
    delimiter = _delimiter(file, charset)
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader((clean(each) for each in _text(file, charset)), delimiter=delimiter)
    lines = _numbered(reader)
    first = next((each for each in lines if not _SEPARATOR.fullmatch(delimiter.join(each.cells))), None)
    if first is None:
        raise TableError("it is empty: a line with headings is expected, and rows below it")
    width = len(first.cells)
    return Table(tuple(each.strip() for each in first.cells), (_without_empty_end(each, width) for each in lines), charset)


def heading_key(heading: str) -> str:
    """By which headings are compared: `created_at`, `Created At` and `created at *` are one."""
    return _SPACE.sub(" ", heading).strip(" \ufeff:*").casefold()


def value_of(cell: str) -> str:
    """A short value without what spreadsheets and exporters put around it; `""` for what stands for nothing."""
    bare = cell.strip()
    if formula := _FORMULA.fullmatch(bare):
        bare = formula[1].strip()
    if _GUARDED.match(bare):
        bare = bare[1:].strip()
    return "" if bare in ("-", "-None-", "NULL", "null", "\\N", "None") else bare


def text_of(cell: str) -> str:
    """Somebody's words: line ends become LF, and nothing is taken away but the guard against formulas."""
    plain = cell.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return plain[1:] if _GUARDED.match(plain) else plain


def _text(file: BinaryIO, charset: Charset) -> io.TextIOWrapper:
    file.seek(0)
    return io.TextIOWrapper(file, encoding=charset.codec, errors="replace", newline="")


def _delimiter(file: BinaryIO, charset: Charset) -> str:
    """Where the comma is the decimal sign, spreadsheets separate by semicolons. Told by the first line that has something."""
    text = _text(file, charset)
    try:
        first = next((each for each in text if each.strip()), "")
    finally:
        text.detach()
    if named := _SEPARATOR.fullmatch(first):
        return named[1]
    return max(_DELIMITERS, key=_QUOTED.sub("", first).count)


def _without_empty_end(line: Line, width: int) -> Line:
    """Some end every line with a separator."""
    return Line(line.number, line.cells[:width]) if not any(each.strip() for each in line.cells[width:]) else line


def _numbered(reader: Any) -> Iterator[Line]:
    """Those that have something."""
    before = 0
    while True:
        try:
            cells: Sequence[str] | None = next(reader, None)
        except csv.Error as error:
            raise TableError(
                f"line {before + 1}: a field begins there that never ends ({error}): is a quotation mark not doubled?"
            ) from error
        if cells is None:
            return
        number, before = before + 1, reader.line_num
        if any(each.strip() for each in cells):
            yield Line(number, tuple(cells))
