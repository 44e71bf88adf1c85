"""`[alarms]`: from when on operators are told that something needs them."""

from typing import Annotated

from pydantic import Field

from gateway.config.section import Section
from gateway.config.values import Address

Hours = Annotated[float, Field(gt=0, le=8760)]
Minutes = Annotated[float, Field(gt=0, le=60 * 24 * 365)]


class Alarms(Section):
    """What operators are told of: by the log, `/healthz`, `deskgate status` and `/metrics`, and by letter where somebody is named."""

    to: tuple[Address, ...] = ()
    """Whom a letter goes to, once a day while something lasts and once when it is over. Best a mailbox that this gateway does not serve."""
    held_hours: Hours = 4
    """For how long held mail may wait for a person."""
    stalled_minutes: Minutes = 10
    """For how long the same message, or the same letter, may stand first in its queue without anybody taking it."""
    paused_hours: Hours = 1
    """For how long sending may be paused while letters wait."""
    down_hours: Hours = 1
    """For how long a server that takes letters may be away while some wait for it."""
    transaction_minutes: Minutes = 60
    """For how long anybody's transaction may be open on the database: old rows stay meanwhile. A back-up is one; allow for yours."""
