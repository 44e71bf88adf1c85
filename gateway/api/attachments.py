"""Files that came with what was written: always as downloads of no type, for their words about themselves are a stranger's."""

from starlette.responses import Response

from gateway.api.api import AWAY_SECONDS
from gateway.api.api import HEADERS as API_HEADERS
from gateway.api.call import Call
from gateway.api.operation import Input, Operation, reads
from gateway.api.problems import Problem, absent
from gateway.api.written import names
from gateway.domain.api import Scope
from gateway.web.download import HEADERS, Span, disposition, span_of
from gateway.web.files import Download, Limits, Places, limits
from storage.files import file_of_article, piece


class Attachments:
    """`limits` bound the downloads that go at once."""

    def __init__(self, bounds: Limits | None = None) -> None:
        self._limits = bounds or limits()
        self._places = Places(self._limits)

    def operations(self) -> list[Operation]:
        return [
            reads(
                "/attachments/{number}",
                "download_attachment",
                self.download,
                "Download a file",
                scope=Scope.TICKETS_READ,
                action="tickets.file",
                answer=None,
                description="By the `id` that it has among the `attachments` of its article. Parts can be asked for by `Range`.",
                in_parts=True,
            )
        ]

    async def download(self, call: Call, _asked: Input) -> Response:
        number = call.number("attachment")
        async with call.reading("tickets.file") as (session, deed):
            found = await file_of_article(session, number)
            if found is None or not call.operator.sees(call.organisation.department_now(found.department)):
                raise absent(f"attachment {number}")
            deed.about("ticket", found.ticket)
            deed.about("attachment", number)
        file = found.file
        tag = f'"{file.sha256.hex()}"'
        headers = HEADERS | {"Content-Disposition": disposition(file.filename), "ETag": tag}
        known = call.request.headers.get("if-none-match")
        if known is not None and names(known, tag, weakly=True):
            return Response(status_code=304, headers={**API_HEADERS, "ETag": tag})
        wanted = call.request.headers.get("range") if call.request.method == "GET" else None
        span = span_of(wanted, call.request.headers.get("if-range"), tag, file.size)
        if span is None:
            detail = f"the file has {file.size} octets"
            raise Problem("no-such-part", detail, headers={"Accept-Ranges": "bytes", "Content-Range": f"bytes */{file.size}"})
        headers["Content-Length"] = str(span.length)
        part = span != Span(0, file.size)
        if part:
            headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{file.size}"
        if call.request.method == "HEAD":
            return Response(headers=headers)

        async def read(start: int, length: int) -> bytes:
            async with call.sessions() as session:
                return await piece(session, file.sha256, start, length)

        busy = Problem("unavailable", "too many downloads go at once; ask again in a moment", headers={"Retry-After": str(AWAY_SECONDS)})
        place = self._places.place(str(call.token.id))
        return Download(206 if part else 200, headers, span, read, place, busy.response(API_HEADERS), self._limits.seconds)
