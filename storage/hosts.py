"""Several servers of one database: a primary and its replicas, of which the one that takes writes is the right one.

asyncpg can try hosts one after another too, but gives them one time for all, so that a first one that has lost its power keeps every
connection from the second; and it begins with the first each time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.engine import Dialect

_SEVERAL = re.compile(r"(?P<before>[^:/?#]+://(?:[^/?#]*@)?)(?P<hosts>[^/?#@]*,[^/?#@]*)(?P<after>[/?#].*|)", re.DOTALL)
_PORT = re.compile(r"\d+")
DEFAULT_PORT = "5432"
WRITABLE = "read-write"

# PostgreSQL's appendix A, of what is said to somebody who connects.
_NO_LOGIN = frozenset(
    {
        "28000",  # invalid_authorization_specification: no line of pg_hba.conf, no such role, or one that may not log in
        "28P01",  # invalid_password
        "3D000",  # invalid_catalog_name
        "42501",  # insufficient_privilege: no CONNECT on the database
    }
)
_CLOSED = "55000"  # object_not_in_prerequisite_state: the database takes no connections at the moment


class DatabaseAwayError(ConnectionError):
    """No connection could be made; names the servers, never the password."""


class LoginRefusedError(DatabaseAwayError):
    """The server answers and does not let us in: a wrong password, an unknown user or database. A person mends that, not time."""


def without_hosts(url: str) -> tuple[str, dict[str, str]]:
    """libpq's `//user@a:1,b:2/name` as a URL without its hosts, and these as SQLAlchemy reads them: `host`, `port`, and that only a server
    that takes writes will do. Raises ValueError for a port that is none."""
    found = _SEVERAL.fullmatch(url)
    if found is None:
        return url, {}
    hosts, ports = zip(*map(_host_and_port, found["hosts"].split(",")), strict=True)
    return found["before"] + found["after"], {"host": ",".join(hosts), "port": ",".join(ports), "target_session_attrs": WRITABLE}


def _host_and_port(place: str) -> tuple[str, str]:
    bracketed, closing, rest = place.rpartition("]")
    host, colon, port = (bracketed.removeprefix("["), rest[:1], rest[1:]) if closing else place.partition(":")
    if not host or (colon and not _PORT.fullmatch(port)):
        raise ValueError(f"{place or 'nothing'} stands where a HOST or HOST:PORT is expected")
    return host, port or DEFAULT_PORT


@dataclass(slots=True, eq=False)
class Hosts:
    """Of one engine. The server that answered last is asked first, and each has its part of `seconds`."""

    seconds: float
    away: Callable[[BaseException], bool]
    """Whether an error says that this server is of no use now."""
    _last: object = None

    def connect(self, dialect: Dialect, _record: object, arguments: list[Any], options: dict[str, Any]) -> Any:
        """For SQLAlchemy's event `do_connect`."""
        places = _places(options)
        failures: list[tuple[object, BaseException]] = []
        for place in sorted(places, key=lambda each: each != self._last):
            host, port = place
            try:
                made = dialect.connect(*arguments, **options | {"host": host, "port": port, "timeout": self.seconds / len(places)})
            except Exception as error:
                if not self._may_pass(error, len(places)):
                    raise
                failures.append((f"{host or 'localhost'}:{port or DEFAULT_PORT}", error))
            else:
                self._last = place
                return made
        # A refused or missing socket surfaces as a bare OSError, which could mean any file: say that it was the database.
        told = "; ".join(f"the database at {place} {self._reason(error, len(places))}" for place, error in failures)
        if all(_state(error) in _NO_LOGIN for _, error in failures):
            raise LoginRefusedError(told) from failures[-1][1]
        raise DatabaseAwayError(told) from failures[-1][1]

    def _may_pass(self, error: Exception, places: int) -> bool:
        """Whether another server is to be asked. Where there is none, PostgreSQL's other errors say best what is wrong."""
        if isinstance(error, OSError) or _state(error) in (*_NO_LOGIN, _CLOSED):
            return True
        return places > 1 and (_takes_no_writes(error) or self.away(error))

    def _reason(self, error: BaseException, places: int) -> str:
        if _state(error) in _NO_LOGIN:
            return f"does not let us in: {_words(error)}"
        if _takes_no_writes(error):
            return "cannot be reached: it takes no writes"
        said = _words(error) or f"no answer within {self.seconds / places:.1f} s".replace(".0 ", " ")
        return f"cannot be reached: {said}"


def _state(error: BaseException) -> str | None:
    """SQLAlchemy's adapter may have wrapped what asyncpg raised."""
    found = (getattr(each, "sqlstate", None) for each in (error, error.__cause__))
    return next((each for each in found if isinstance(each, str)), None)


def _words(error: BaseException) -> str:
    """What the server said, without the adapter's own name before it."""
    cause = error.__cause__
    return str(cause if isinstance(cause, asyncpg.PostgresError) else error)


def _takes_no_writes(error: BaseException) -> bool:
    """SQLAlchemy's adapter may have wrapped what asyncpg raised."""
    return any(isinstance(each, asyncpg.TargetServerAttributeNotMatched) for each in (error, error.__cause__, error.__context__))


def _places(options: dict[str, Any]) -> list[tuple[Any, Any]]:
    host, port = options.get("host"), options.get("port")
    return list(zip(host, port, strict=True)) if isinstance(host, list) and isinstance(port, list) else [(host, port)]
