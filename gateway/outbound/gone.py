"""In the place of a server that the configuration no longer has: its letters wait, say so, and expire, unless it is put back."""

from collections.abc import Mapping

from gateway.outbound.delivery import Parcel
from gateway.outbound.retry import Deferred, Outcome


class GoneTransport:
    """To send them by another server would be to send them in a name that it may not use."""

    several = False

    def __init__(self, destination: str) -> None:
        self._why = f"the configuration has no server for {destination} any more; put its [from_address.smtp] back, or cancel the letter"

    async def deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        return dict.fromkeys(parcel.recipients, Deferred(self._why))

    async def aclose(self) -> None:
        """Nothing is open."""
