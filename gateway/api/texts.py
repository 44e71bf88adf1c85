"""Words in requests, cleaned of what the database or a letter cannot hold before anything is done with them."""

import base64
import binascii
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from gateway.api.operation import Input
from gateway.deeds.wishes import LONGEST_TEXT, cleaned, file_of
from gateway.domain.steps import File

LONGEST_ADDRESS: Final = 500
MOST_FILES: Final = 50


def line(text: str) -> str:
    return " ".join(cleaned(text).split())


Words = Annotated[str, StringConstraints(max_length=LONGEST_TEXT), AfterValidator(cleaned)]
Line = Annotated[str, StringConstraints(max_length=1000), AfterValidator(line)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ADDRESS), AfterValidator(line)]


def decoded(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("text in base64 is expected")  # noqa: TRY004  pydantic makes a fault of this one alone
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("this is not base64 (RFC 4648 §4)") from error


BASE64: Final = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
Content = Annotated[
    bytes,
    BeforeValidator(decoded),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "pattern": BASE64}),
]


class Upload(Input):
    """A file."""

    filename: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    content_type: Annotated[str, StringConstraints(max_length=200)] = "application/octet-stream"
    content: Content
    """Its octets in base64 (RFC 4648 §4)."""

    @property
    def file(self) -> File:
        return file_of(self.filename, self.content_type, self.content)
