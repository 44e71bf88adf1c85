"""One request of a program that may make it: whose token, what was asked, and what an operation needs to answer."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request

from gateway.api.cursors import cursor_of, place_of
from gateway.api.problems import Problem, absent
from gateway.api.written import names, tag_of, written
from gateway.deeds.deed import Deed
from gateway.domain.api import ApiToken
from gateway.domain.audit import Access, Who
from gateway.domain.operators import Operator
from gateway.domain.organisation import Organisation
from gateway.domain.visible import Visible, visible_to
from gateway.tokens.codec import Keyring

LARGEST: Final = 2**63 - 1
"""What a number column of the database holds."""


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    token: ApiToken
    operator: Operator
    peer: str
    organisation: Organisation
    sessions: async_sessionmaker[AsyncSession]
    now: datetime
    key: str
    """Of this very change, such that a repetition under the same Idempotency-Key has the same one."""
    keyring: Keyring

    @property
    def sees(self) -> Visible | None:
        """What of the desk's mail is this token's to see; None: all of it."""
        return visible_to(None if self.operator.all_departments else self.operator.departments, self.organisation)

    @property
    def departments(self) -> list[str] | None:
        """Whose tickets it may see; None: everybody's."""
        return None if self.operator.all_departments else list(self.operator.departments)

    def number(self, what: str, name: str = "number") -> int:
        """The number in the address; `what` is what it is of."""
        found = int(self.request.path_params[name])
        if not 0 < found <= LARGEST:
            raise absent(f"{what} {found if found <= LARGEST else 'of this number'}")
        return found

    def deed(self, action: str, access: Access) -> Deed:
        operator = self.operator
        who = Who(operator.agent or operator.name, f"token {self.token.id} ({self.token.name}) from {self.peer}", "api")
        return Deed(action, access, who, self.organisation)

    @asynccontextmanager
    async def reading(self, action: str) -> AsyncIterator[tuple[AsyncSession, Deed]]:
        """A session to read in. What is read goes into the audit log, as far as the deed is told whom it was about."""
        deed = self.deed(action, Access.READ)
        async with self.sessions() as session:
            yield session, deed
        await deed.end(self.sessions)

    def place(self, cursor: str | None, of: str) -> tuple[Any, ...] | None:
        """Where the list goes on. None at its beginning."""
        if cursor is None:
            return None
        found = place_of(cursor, self._whose(of), self.keyring)
        if found is None:
            raise Problem("invalid-cursor", "cursors are good for the list that gave them, with the same parameters and the same token")
        return found

    def cursor(self, place: tuple[Any, ...], of: str) -> str:
        return cursor_of(place, self._whose(of), self.keyring)

    def _whose(self, of: str) -> str:
        return f"{self.token.id} {of}"

    def expect(self, document: Mapping[str, Any], what: str) -> None:
        """RFC 9110 §13.1.1: who says by `If-Match` what they have seen changes nothing else."""
        header = self.request.headers.get("if-match")
        if header is not None and not names(header, tag_of(written(document)), weakly=False):
            raise Problem("changed-meanwhile", f"{what} was changed since you read it: read it again, and decide anew")
