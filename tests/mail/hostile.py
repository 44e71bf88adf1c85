"""Mail made to hurt: header fields, and whole messages."""

import base64
import io
import zipfile

from tests.mail import winmail

HOSTILE_FIELDS = {
    "quotes": '"' * 30_001,
    "escaped quotes": '"\\' * 15_000,
    "groups": "a:" * 120_000,
    "opening angles": "<" * 250_000,
    "opening angles and one closing": "<" * 250_000 + ">",
    "empty angles": "<>" * 125_000,
    "opening comments": "(" * 250_000,
    "nested comments": "(" * 1_000 + ")" * 1_000,
    "addresses": "a@b," * 60_000,
    "at signs": "@" * 250_000,
    "backslashes": "\\" * 250_001,
    "brackets": "[" * 250_000,
    "white space": " " * 250_000,
    "starts of encoded words": "=?a?q?" * 40_000,
    "encoded words": "=?utf-8?q?a?= " * 18_000,
    "angles and quotes": '<"' * 120_000,
    "commas": "a," * 120_000,
}

FIELDS = b"From: Ann <ann@client.test>\r\nTo: support@desk.test\r\nSubject: Hostile\r\nMessage-ID: <x@client.test>\r\n"


def _nested(depth: int) -> bytes:
    begin = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(depth))
    end = b"".join(b"\r\n--b%d--\r\n" % level for level in reversed(range(depth)))
    return FIELDS + begin + b"Content-Type: text/plain\r\n\r\nhello\r\n" + end


def _typed(content_type: bytes, body: bytes) -> bytes:
    return FIELDS + b"Content-Type: " + content_type + b"\r\n\r\n" + body


def _html(body: bytes) -> bytes:
    return _typed(b"text/html", body)


def _attached(name: bytes, content: bytes) -> bytes:
    fields = b'Content-Disposition: attachment; filename="' + name + b'"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    part = b"--b\r\nContent-Type: application/octet-stream\r\n" + fields + base64.encodebytes(content)
    return _typed(b"multipart/mixed; boundary=b", b"--b\r\n\r\nhello\r\n" + part + b"\r\n--b--\r\n")


def _bomb(megabytes: int) -> bytes:
    """A small archive of many zeros."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped, zipped.open("zeros", "w") as zeros:
        for _ in range(megabytes):
            zeros.write(bytes(1 << 20))
    return archive.getvalue()


BOMB = _bomb(300)


HOSTILE_MESSAGES = {
    "30 kB of quotes in From": FIELDS.replace(b"Ann <", b'"' * 30_001 + b" <"),
    "20,000 semicolons": _typed(b"text/plain" + b";" * 20_000, b"hello"),
    "60,000 semicolons in a part": _typed(
        b"multipart/mixed; boundary=b", b"--b\r\nContent-Type: text/plain" + b";" * 60_000 + b"\r\n\r\nhello\r\n--b--"
    ),
    "100,000 parts": _typed(b"multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--"),
    "1,000 deep": _nested(1_000),
    "1,000 comments": FIELDS.replace(b"Ann <", b"(" * 1_000 + b")" * 1_000 + b"Ann <"),
    "an id of brackets": FIELDS.replace(b"<x@client.test>", b"<["),
    "a word for an id": FIELDS.replace(b"<x@client.test>", b"x" * 250_000),
    "words for ancestors": FIELDS + b"References: " + b"x" * 120_000 + b" " + b"@" * 120_000 + b"\r\n\r\nx",
    "groups in To": FIELDS.replace(b"To: ", b"To: " + b"a:" * 100_000),
    "lines of >": FIELDS + b"\r\n" + b">\r\n" * 330_000,
    "one line of >": FIELDS + b"\r\n" + b">" * 1_000_000,
    "10,000 levels of >": FIELDS + b"\r\n" + (b">" * 10_000 + b" words\r\n") * 100,
    "attributions": FIELDS + b"\r\n" + b"On Monday Ann wrote:\r\n" * 45_000,
    "header blocks": FIELDS + b"\r\n" + b"From: ann@client.test\r\nSubject: x\r\n" * 27_000,
    "fields in a field": FIELDS + b"\r\n" + (b"Date: " + b"to: " * 400 + b"\r\n") * 600,
    "colons in a field": FIELDS + b"\r\n" + (b"Date: " + b"a: " * 600 + b"\r\n") * 550,
    "dates": FIELDS + b"\r\n" + b"Date: Tue, 10 May 2005 15:27:00 for <ann@client.test>; Tue, \r\n" * 16_000,
    "dividers": FIELDS + b"\r\n" + b"-----Original Message-----\r\n" * 35_000,
    "signatures": FIELDS + b"\r\n" + b"-- \r\nAnn\r\n" * 100_000,
    "blank lines": FIELDS + b"\r\n" + b"\r\n" * 500_000,
    "<": FIELDS + b"\r\n" + b"<" * 1_000_000,
    "< as HTML": _html(b"<" * 1_000_000),
    "one line": FIELDS + b"\r\n" + b"x" * 1_000_000,
    "one word and one byte": FIELDS + b"\r\n" + b"x" * 1_000_000 + b" \xff",
    "10,000 block quotes": _html(b"<blockquote>" * 10_000),
    "10,000 block quotes with words": _html(b"<blockquote>words" * 10_000 + b"</blockquote>" * 10_000),
    "490 block quotes": _html(b"<blockquote>x" * 490),
    "50,000 tags": _html(b"<div>" * 50_000),
    "50,000 tags that end": _html(b"<span>" * 50_000 + b"words" + b"</span>" * 50_000),
    "50,000 links": _html(b"<a href=x>" * 50_000),
    "unclosed formatting": _html(b"<p>" + b"".join(b"<b a=%d>" % each for each in range(450)) + b"</p>" + b"<p>x</p>" * 30_000),
    "quotes in tags": _html(b'<a b="' * 100_000),
    "ampersands": _html(b"&" * 1_000_000),
    "references": _html(b"&nbsp;x" * 99_000),
    "40,000 ancestors": FIELDS + b"References: " + b"<a@b> " * 40_000 + b"\r\n\r\nx",
    "unclosed ancestors": FIELDS + b"References: " + b"<" * 250_000 + b"\r\n\r\nx",
    "starts of words in Subject": FIELDS.replace(b"Hostile", b"=?utf-8?q?a " * 20_000 + b"?="),
    "spaces in Subject": FIELDS.replace(b"Hostile", b" " * 250_000 + b"x"),
    "delimiters of nobody": _typed(b"multipart/mixed; boundary=b", b"--bb\r\n" * 150_000),
    "dashes": _typed(b"multipart/mixed", b"--\r\n" * 250_000),
    "1,001 lines of header": FIELDS + b"X: y\r\n" * 1_001 + b"\r\nbody",
    "300 kB of header": FIELDS + b"X: " + b"y" * 300_000 + b"\r\n\r\nbody",
    "8-bit rubbish": FIELDS + b"\r\n" + bytes(range(128, 256)) * 8_000,
    "padding": FIELDS + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 1_000_000,
    "equals signs": FIELDS + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"= " * 500_000,
    "flowed": _typed(b"text/plain; format=flowed", b"> a \r\n" * 150_000),
    "nested messages": _typed(b"message/rfc822", b"Content-Type: message/rfc822\r\n\r\n" * 1_000),
    "900 From fields": FIELDS + b"From: a@b\r\n" * 900 + b"\r\nx",
    "a calendar of semicolons": _typed(b"text/calendar", b"BEGIN:VCALENDAR\r\n" + b"ATTENDEE;" * 100_000),
    "a calendar of events": _typed(b"text/calendar", b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 70_000),
    "a calendar of one fold": _typed(b"text/calendar", b"BEGIN:VCALENDAR\r\nSUMMARY:" + b"x\r\n " * 250_000),
    "begins of uuencode": FIELDS + b"\r\n" + b"begin 644 a\r\n#0V%T\r\n" * 50_000,
    "begins of yEnc": FIELDS + b"\r\n" + b"=ybegin name=a\r\n" * 60_000,
    "a zip bomb": _attached(b"photos.zip", BOMB),
    "a zip bomb as HTML": _typed(b"text/html\r\nContent-Encoding: gzip\r\nContent-Transfer-Encoding: base64", base64.encodebytes(BOMB)),
    "a winmail of files": _attached(b"winmail.dat", winmail.winmail(winmail.file(b"a", b"x") * 20_000)),
    "a winmail of 1,000 winmails": _attached(b"winmail.dat", winmail.nested(1_000)),
    "NUL": b"\x00" * 1_000_000,
    "CR": b"\r" * 1_000_000,
    "nothing": b"",
}
