"""`[database]`: where everything is kept."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, PlainSerializer, PlainValidator, SecretStr, ValidationInfo

from gateway.config.section import Kind, Section
from gateway.config.values import ConfigPath, Count, read_secret, write_secret

URL_TEXT = '"embedded", or a server\'s URL, such as "postgresql://deskgate@db.example.com/deskgate"'


def read_url(value: object, info: ValidationInfo) -> SecretStr:
    secret = read_secret(value, info)
    url = secret.get_secret_value()
    if url == "embedded":
        return secret
    try:
        parts = urlsplit(url)
        # Several hosts, a primary and its replicas, stand in a row with commas between them.
        places = parts.netloc.rpartition("@")[2].split(",")
        ports_are_valid = all(urlsplit(f"//{each}").port != 0 for each in places)
        hosts_are_named = len(places) == 1 or all(places)
    except ValueError:
        raise ValueError(f"expected {URL_TEXT}; its port or its host cannot be read") from None
    if parts.scheme not in ("postgresql", "postgres", "postgresql+asyncpg"):
        raise ValueError(f"expected {URL_TEXT}; it begins with neither")
    if not hosts_are_named:
        raise ValueError(f"expected {URL_TEXT}; between two commas there is no host")
    if not ports_are_valid or not parts.path.strip("/"):
        raise ValueError(f"expected {URL_TEXT}; it names no database after the host")
    return SecretStr(f"postgresql://{url.partition('://')[2]}")


DatabaseUrl = Annotated[
    SecretStr, PlainValidator(read_url), PlainSerializer(write_secret), Kind(URL_TEXT, secret=True, show=SecretStr.get_secret_value)
]


class Database(Section):
    """PostgreSQL: our own on this machine, or a server of yours."""

    url: DatabaseUrl = SecretStr("embedded")
    """`"embedded"` runs a PostgreSQL of our own in `data_dir`; or a server's `postgresql://user:password@host:port/name`. With a
    synchronous replica it names both, `postgresql://user:password@one:5432,other:5432/name`, and the one that takes writes is used. It may
    be `"env:NAME"` or `"file:PATH"`, for it holds a password."""
    data_dir: Annotated[ConfigPath, Field(validate_default=True)] = Path("data")
    """The directory of the embedded database and of the generated `desk.secret`."""
    pool_size: Count = 10
    """Connections that one process keeps open."""

    @property
    def is_embedded(self) -> bool:
        return self.url.get_secret_value() == "embedded"
