"""Moments in requests: RFC 3339, with their zone, for nobody knows which one is meant otherwise."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def sensible(value: datetime) -> datetime:
    """Within what the database can compare, whatever the zone."""
    if not 1970 <= value.year <= 9000:
        raise ValueError("a moment from 1970 on is expected")
    return value


Moment = Annotated[AwareDatetime, AfterValidator(sensible)]
