"""`[web]`: the pages over HTTP."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import PlainValidator

from gateway.config.section import Kind, Section
from gateway.config.values import Endpoint, Listen, text_of

URL_TEXT = 'a URL, such as "https://desk.example.com"'


def read_base_url(value: object) -> str:
    text = text_of(value, URL_TEXT)
    try:
        parts = urlsplit(text)
        plain = not (parts.query or parts.fragment or parts.username) and text.isprintable()
        if parts.scheme in ("http", "https") and parts.hostname and plain:
            return text.rstrip("/")
    except ValueError:
        pass
    raise ValueError(f"expected {URL_TEXT}, without a user, a query or a fragment")


class Web(Section):
    """The pages over HTTP: where clients rate a ticket and download files, previews of letters, health, readiness and metrics."""

    listen: Listen = Endpoint("127.0.0.1", 8025)
    """Where pages are served. Put a proxy with TLS in front of it for the world."""
    base_url: Annotated[str, PlainValidator(read_base_url), Kind(URL_TEXT)] | None = None
    """The address that the world sees them at, for links in letters; the default is `http://` and `listen`. Files that are too large for a
    letter become links only where this key is set."""

    @property
    def address_is_known(self) -> bool:
        """With port 0 only the service knows, once it is up."""
        return self.base_url is not None or self.listen.port != 0

    @property
    def url(self) -> str:
        return self.base_url or f"http://{self.listen}"
