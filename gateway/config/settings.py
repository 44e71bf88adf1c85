"""The whole file as one frozen value, which the supervisor checks once and hands to its children."""

import json
import math
from collections.abc import Mapping
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator

from gateway.config.agent import Agent
from gateway.config.alarms import Alarms
from gateway.config.budget import Budget
from gateway.config.canned_reply import CannedReply
from gateway.config.database import Database
from gateway.config.department import Department
from gateway.config.desk import Desk
from gateway.config.dkim import Dkim
from gateway.config.from_address import FromAddress
from gateway.config.gateway import Gateway
from gateway.config.limits import Limits
from gateway.config.notification import Notification, Templates
from gateway.config.outbound import Outbound
from gateway.config.rule import Rule
from gateway.config.satisfaction import Satisfaction
from gateway.config.screening import Screening
from gateway.config.section import Section, Surroundings
from gateway.config.server import Server, Tls
from gateway.config.trust import Trust
from gateway.config.values import REVEAL, read_listen
from gateway.config.web import Web
from gateway.config.webhook import Webhook


def or_one(departments: tuple[Department, ...]) -> tuple[Department, ...]:
    return departments or (Department(),)


class Settings(Section):
    """Sections in the order of the file."""

    server: Server
    tls: Tls
    limits: Limits
    database: Database
    trust: Trust
    screening: Screening
    desk: Desk
    department: Annotated[tuple[Department, ...], AfterValidator(or_one)] = (Department(),)
    gateway: tuple[Gateway, ...] = ()
    agent: tuple[Agent, ...] = ()
    canned_reply: tuple[CannedReply, ...] = ()
    from_address: tuple[FromAddress, ...] = ()
    rule: tuple[Rule, ...] = ()
    notification: tuple[Notification, ...] = ()
    templates: Templates
    satisfaction: Satisfaction
    budget: Budget
    outbound: Outbound
    dkim: tuple[Dkim, ...] = ()
    web: Web
    webhook: tuple[Webhook, ...] = ()
    alarms: Alarms

    @classmethod
    def read(cls, document: Mapping[str, object], surroundings: Surroundings) -> Self:
        """What a TOML document says; raises pydantic's ValidationError. Sections that it leaves out have their defaults."""
        left_out: dict[str, object] = {name: {} for name, field in cls.model_fields.items() if field.is_required() and name not in document}
        # By way of JSON, because strict reading takes lists for tuples there. TOML's dates become what no key takes.
        written = json.dumps({**left_out, **document}, default=lambda date: math.nan)
        return cls.model_validate_json(written, context=surroundings)

    def dump(self) -> bytes:
        """For `restore` in another process. Holds the secrets in the clear: over a pipe alone, never into a file or a log."""
        return self.model_dump_json(context={REVEAL: True}).encode()

    def seen_at(self, site: str) -> Self:
        """With the pages listening at this address. `base_url` stays as the file has it: whether the world sees them is another matter."""
        return self.model_copy(update={"web": self.web.model_copy(update={"listen": read_listen(urlsplit(site).netloc)})})

    @classmethod
    def restore(cls, dumped: bytes) -> Self:
        return cls.model_validate_json(dumped)
