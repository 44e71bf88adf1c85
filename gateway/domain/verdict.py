"""What mail authentication says of one message. `auth.verdict` makes it, `desk.decide` reads it, storage keeps it."""

from dataclasses import dataclass, field
from typing import Literal

Result = Literal["pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Results by method (RFC 8601). `aligned`: SPF or DKIM passed for the author's organisational domain, or a trusted relay said so.

    `reason` tells in plain words what `aligned` rests on, or why it is missing.
    """

    spf: Result = "none"
    spf_domain: str | None = None
    dkim: Result = "none"
    dkim_domains: tuple[str, ...] = field(default_factory=tuple)
    """Signing domains (`d=`) whose signature verified."""
    dmarc: Result = "none"
    arc: Result = "none"
    aligned: bool = False
    source: Literal["peer", "relay", "local", "none"] = "none"
    reason: str = "nothing was checked"
