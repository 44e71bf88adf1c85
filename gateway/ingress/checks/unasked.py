"""The door for mail that no peer waits for: fetched from a mailbox, or piped in. Its contents are scanned all the same."""

from collections.abc import Callable

from gateway.domain.envelope import Envelope
from gateway.ingress.accept import Acceptor, Also
from gateway.ingress.checks.conclude import Refused
from gateway.ingress.checks.screener import Screener
from gateway.ingress.content import Content


class NotScannedError(OSError):
    """A scanner that has to have its say is away. Whoever has the message keeps it, and tries again."""


class ScreeningAcceptor(Acceptor):
    """What would be refused is kept for a person instead. Sets `screener` after it is made; None scans nothing."""

    screener: Callable[[], Screener | None] = staticmethod(lambda: None)

    async def accept_message(self, envelope: Envelope, content: Content, also: Also | None = None) -> int:
        """Raises NotScannedError besides."""
        screener = self.screener()
        if screener is not None:
            try:
                examined = await screener.examine(envelope, content, refusable=False)
            except BaseException:
                content.close()
                raise
            if isinstance(examined, Refused):
                content.close()
                raise NotScannedError(examined.why)
            envelope = examined
        return await super().accept_message(envelope, content, also)
