"""Names of attachments: safe to write to a disk, and as readable as they came.

Nothing is normalised: spaces, `№` and any alphabet stay as written.
"""

import re

from gateway.mail.charsets import clean

MAX_BYTES = 255

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_TOO_LONG_TO_BE_AN_EXTENSION = 20

EXTENSIONS = {
    "text/plain": "txt", "text/html": "html", "text/csv": "csv", "text/calendar": "ics", "text/vcard": "vcf", "text/x-vcard": "vcf",
    "text/rtf": "rtf", "application/rtf": "rtf", "text/xml": "xml", "application/xml": "xml", "application/json": "json",
    "application/pdf": "pdf", "application/zip": "zip", "application/x-zip-compressed": "zip", "application/gzip": "gz",
    "application/msword": "doc", "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt", "application/ms-tnef": "dat",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/pgp-signature": "asc", "application/pgp-keys": "asc", "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-signature": "p7s", "application/pkcs7-mime": "p7m", "application/x-pkcs7-mime": "p7m",
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/pjpeg": "jpg", "image/png": "png", "image/x-png": "png", "image/gif": "gif",
    "image/bmp": "bmp", "image/webp": "webp", "image/tiff": "tif", "image/svg+xml": "svg", "image/heic": "heic",
    "audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-wav": "wav", "audio/ogg": "ogg", "audio/amr": "amr", "video/mp4": "mp4",
    "video/quicktime": "mov", "video/3gpp": "3gp", "message/rfc822": "eml", "message/global": "eml", "text/rfc822-headers": "txt",
    "message/delivery-status": "txt", "message/disposition-notification": "txt", "message/feedback-report": "txt",
}  # fmt: skip
_OTHER_EXTENSIONS = {"htm": "html", "jpeg": "jpg", "jpe": "jpg", "tiff": "tif", "log": "txt"}
_STEMS = {"text/calendar": "invite", "application/pkcs7-signature": "smime", "application/x-pkcs7-signature": "smime",
          "application/pgp-signature": "signature", "message/delivery-status": "delivery-status", "text/rfc822-headers": "headers",
          "message/disposition-notification": "disposition", "message/feedback-report": "feedback-report", "text/html": "text",
          "text/plain": "text",
          "message/rfc822": "message", "message/global": "message"}  # fmt: skip


def safe_filename(name: str) -> str:
    """Without path, control and bidi characters, and at most 255 bytes; `""` when nothing is left."""
    last = clean(name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    visible = _CONTROLS.sub("", last).strip()
    if not visible.strip(". "):
        return ""
    return shorten(visible)


def shorten(name: str, limit: int = MAX_BYTES) -> str:
    """Cut to `limit` UTF-8 bytes, between characters, keeping the extension."""
    if len(name.encode()) <= limit:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > _TOO_LONG_TO_BE_AN_EXTENSION:
        stem, dot, extension = name, "", ""
    room = limit - len(f"{dot}{extension}".encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip() + dot + extension


def default_filename(content_type: str, number: int) -> str:
    """For a part that names none: `image-2.png`. The `number` is its place among the attachments."""
    main = content_type.partition("/")[0]
    stem = _STEMS.get(content_type) or (f"{main}-{number}" if main in ("image", "audio", "video") else f"attachment-{number}")
    return f"{stem}.{EXTENSIONS.get(content_type, 'bin')}"


def type_of(name: str) -> str:
    """The media type that a name's extension stands for."""
    extension = name.rpartition(".")[2].lower()
    extension = _OTHER_EXTENSIONS.get(extension, extension)
    return next(
        (content_type for content_type, known in EXTENSIONS.items() if known == extension and extension != "bin"),
        "application/octet-stream",
    )
