"""`deskgate tickets import`: open tickets of another desk, and what was written on them, from its CSV files."""

import argparse
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import Any, BinaryIO, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_json, say, shown
from gateway.cli.work import Work, work
from gateway.desk.importing.articles import ArticleReader, OldArticle, article_columns
from gateway.desk.importing.desks import DeskName, desk_of
from gateway.desk.importing.keeping import Kept, KeptArticles, keep_articles, keep_tickets
from gateway.desk.importing.mapping import WrongMap, read_words
from gateway.desk.importing.people import People, read_people
from gateway.desk.importing.reading import Fault, OldTicket, Reader, columns_of
from gateway.desk.importing.table import Charset, Line, Table, TableError, charset_of, named_charset, open_table

BATCH: Final = 500
"""Rows of a transaction: what is kept in memory, and what is read again after a kill."""
PROGRESS_SECONDS: Final = 3.0
PIECE: Final = 1 << 20

T = TypeVar("T")
Keep = Callable[[AsyncSession], Awaitable[T]]


@dataclass(slots=True)
class Report:
    """Rows by what became of them. `ended`: closed there, and left out. A fault is a row that is not imported; `lost`, by what was lost of
    rows that are: how often, and an example."""

    desk: DeskName
    dry_run: bool
    rows: int = 0
    made: int = 0
    known: int = 0
    ended: int = 0
    clients: int = 0
    first: int | None = None
    last: int | None = None
    article_rows: int = 0
    articles: KeptArticles = field(default_factory=KeptArticles)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    lost: dict[tuple[str, str], tuple[int, Fault]] = field(default_factory=dict)
    promised: set[bytes] = field(default_factory=set)
    """What the tickets of a dry run would be remembered by."""

    def note(self, fault: Fault) -> None:
        count, example = self.lost.get((fault.column, fault.value), (0, fault))
        self.lost[fault.column, fault.value] = (count + 1, example)


async def import_csv(options: argparse.Namespace) -> int:
    zone = zone_named(options.timezone)
    async with work(options) as opened:
        words = read_words(options.map, options.department, opened.organisation)
        if isinstance(words, WrongMap):
            raise Fail(words.why, Exit.USAGE)
        with ExitStack() as files:
            opener = partial(table_of, files, options.charset)
            table = opener(options.csv)
            people = told(options.clients, read_people, opener(options.clients)) if options.clients else People()
            desk: DeskName = options.desk if options.desk != "auto" else desk_of(table.headings) or "other"
            columns = told(options.csv, lambda found: columns_of(found, desk, words), table)
            reader = Reader(desk, words, people, options.dates, zone, opened.organisation, not table.charset.certain, options.all, columns)
            report = Report(desk, options.dry_run)
            await tickets_of(options, opened, table, reader, report)
            if options.articles:
                await articles_of(options, opened, opener(options.articles), reader, report)
    tell(options, report)
    return Exit.WRONG if report.faults else Exit.DONE


async def tickets_of(options: argparse.Namespace, opened: Work, table: Table, reader: Reader, report: Report) -> None:
    trace = secrets.token_hex(16)
    progress = Progress("tickets")
    for lines in batches(table.lines, options.csv):
        fit: list[OldTicket] = []
        for line in lines:
            report.rows += 1
            match reader.on(line).read():
                case None:
                    report.ended += 1
                case OldTicket() as ticket:
                    fit.append(ticket)
                case faults:
                    report.faults += [(options.csv, each) for each in faults]
        keep = partial(keep_tickets, desk=reader.desk, tickets=fit, trace=trace, organisation=opened.organisation, dry=options.dry_run)
        kept: Kept = await in_transaction(opened, keep, lambda done: done.tickets, options.dry_run)
        for note in (note for each in fit for note in each.notes):
            report.note(note)
        report.made += len(kept.tickets)
        report.known += kept.known
        report.clients += kept.clients
        if options.dry_run:
            report.promised.update(kept.names)
        if kept.tickets and not options.dry_run:
            report.first, report.last = report.first or kept.tickets[0], kept.tickets[-1]
        progress.at(report.rows)


async def articles_of(options: argparse.Namespace, opened: Work, table: Table, reader: Reader, report: Report) -> None:
    columns = told(options.articles, lambda found: article_columns(found, reader.words), table)
    articles = ArticleReader(columns, reader.order, reader.zone, opened.organisation)
    progress = Progress("articles")
    for lines in batches(table.lines, options.articles):
        fit: list[OldArticle] = []
        for line in lines:
            report.article_rows += 1
            match articles.read(line):
                case OldArticle() as article:
                    fit.append(article)
                case faults:
                    report.faults += [(options.articles, each) for each in faults]
        kept = await in_transaction(
            opened,
            partial(keep_articles, desk=reader.desk, articles=fit, dry=options.dry_run, promised=report.promised),
            lambda _: (),
            options.dry_run,
        )
        before = report.articles
        report.articles = KeptArticles(before.made + kept.made, before.known + kept.known, before.strangers + kept.strangers)
        progress.at(report.article_rows)


async def in_transaction(opened: Work, keep: Keep[T], made: Callable[[T], Iterable[int]], dry: bool) -> T:
    """A dry run leaves nothing behind, not even a number that was drawn. Of the rest the audit log has an entry a transaction, with the
    tickets that were `made`."""
    if dry:
        async with opened.sessions() as session:
            done = await keep(session)
            await session.rollback()
        return done
    async with opened.changing(anew=True) as session:
        done = await keep(session)
        opened.deed.about("ticket", *made(done))
    return done


class Progress:
    """Told on stderr, now and then, of work that takes its time."""

    def __init__(self, what: str) -> None:
        self._what, self._begun = what, monotonic()
        self._told = self._begun

    def at(self, rows: int) -> None:
        if monotonic() - self._told >= PROGRESS_SECONDS:
            self._told = monotonic()
            say(f"{self._what}: {rows:,} rows, {rows / (self._told - self._begun):,.0f} a second")


def batches(lines: Iterator[Line], name: str) -> Iterator[list[Line]]:
    while True:
        try:
            batch = list(islice(lines, BATCH))
        except TableError as error:
            raise Fail(f"{name}: {error}; the rows before it are imported") from error
        if not batch:
            return
        yield batch


def table_of(files: ExitStack, charset: str | None, name: str) -> Table:
    said = named_charset(charset) if charset is not None else None
    if charset is not None and said is None:
        raise Fail(
            f"--charset {charset}: no such charset; utf-8, utf-16, windows-1250 and windows-1251 are what spreadsheets write", Exit.USAGE
        )
    file = opened_file(files, name)
    found: Charset = said or charset_of(file)
    return told(name, lambda binary: open_table(binary, found), file)


def opened_file(files: ExitStack, name: str) -> BinaryIO:
    """Standard input is read through first: charset and separator are told by the whole of a file."""
    try:
        return files.enter_context(Path(name).open("rb") if name != "-" else spooled())
    except OSError as error:
        raise Fail(f"{name} cannot be read: {error.strerror or error}") from error


@contextmanager
def spooled() -> Iterator[BinaryIO]:
    with TemporaryFile() as file:
        while piece := sys.stdin.buffer.read(PIECE):
            file.write(piece)
        file.seek(0)
        yield file


A = TypeVar("A")


def told(name: str, read: Callable[[A], T], given: A) -> T:
    try:
        return read(given)
    except TableError as error:
        raise Fail(f"{name}: {error}") from error


def zone_named(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Fail(f"--timezone {name}: no such zone; a name such as Europe/Warsaw is expected", Exit.USAGE) from error


def tell(options: argparse.Namespace, report: Report) -> None:
    if options.json:
        print_json(document(report))
        return
    would = "would be " if report.dry_run else ""
    numbers = f", #{report.first} to #{report.last}" if report.first is not None else ""
    print(f"{report.desk}: {report.rows:,} rows of tickets")
    print(f"  {report.made:,} {would}imported{numbers}; {report.clients:,} clients were not known before")
    print(f"  {report.known:,} imported before, {report.ended:,} ended there and left out (--all takes them too)")
    if report.article_rows:
        articles = report.articles
        print(f"{report.article_rows:,} rows of articles")
        print(f"  {articles.made:,} {would}imported; {articles.known:,} imported before, {articles.strangers:,} of tickets that are not")
    for count, each in report.lost.values():
        print(f"  {count:,} × {shown(each.column)} {shown(each.value)!r}: {each.why}; {shown(each.remedy)}")
    if report.faults:
        rows = len({(name, each.line) for name, each in report.faults})
        say(f"deskgate: {rows:,} row(s) are not imported; once they are mended, import the same file again")
    for name, each in report.faults:
        where = f", {shown(each.column)} {shown(each.value)!r}" if each.column else ""
        say(f"  {name}, line {each.line}{where}: {each.why}; {shown(each.remedy)}")


def document(report: Report) -> dict[str, Any]:
    return {
        "from": report.desk,
        "dry_run": report.dry_run,
        "rows": report.rows,
        "made": report.made,
        "known": report.known,
        "ended": report.ended,
        "clients": report.clients,
        "first": report.first,
        "last": report.last,
        "articles": {"rows": report.article_rows, **asdict(report.articles)},
        "faults": [{"file": name, **asdict(each)} for name, each in report.faults],
        "warnings": [{"count": count, **asdict(each)} for count, each in report.lost.values()],
    }
