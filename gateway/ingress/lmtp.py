"""LMTP (RFC 2033): LHLO in place of EHLO, and after the content a reply for each recipient."""

# ruff: noqa: N802 (aiosmtpd finds commands by their methods' names)

from typing import ClassVar

from gateway.ingress import replies
from gateway.ingress.protocol import SmtpSession
from gateway.ingress.replies import Reply


class LmtpSession(SmtpSession):
    """One LMTP session. All recipients of a message share its commit, so their replies are alike."""

    greets_lmtp: ClassVar[bool] = True

    async def smtp_LHLO(self, argument: str) -> None:
        self._greet(argument, extended=True)

    async def smtp_HELO(self, argument: str) -> None:
        self._fault(replies.UNKNOWN_COMMAND)

    async def smtp_EHLO(self, argument: str) -> None:
        self._fault(replies.UNKNOWN_COMMAND)

    def _answer_content(self, reply: Reply, recipients: list[str]) -> None:
        for _ in recipients:
            self._say(reply)
