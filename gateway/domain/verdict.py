"""What mail authentication says of one message. `auth.verdict` makes it, `desk.decide` reads it, storage keeps it."""

from dataclasses import dataclass, field
from typing import Literal

Result = Literal["pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Results by method (RFC 8601). `aligned`: SPF or DKIM passed for the author's organisational domain, or somebody trusted said so:
    a relay, or one who forwarded the message and sealed it (ARC).

    `reason` tells in plain words what `aligned` rests on, or why it is missing.
    """

    spf: Result = "none"
    spf_domain: str | None = None
    dkim: Result = "none"
    dkim_domains: tuple[str, ...] = field(default_factory=tuple)
    """Signing domains (`d=`) whose signature verified."""
    dmarc: Result = "none"
    arc: Result = "none"
    """Of the whole chain (RFC 8617), whoever sealed it: `pass` alone proves nothing."""
    aligned: bool = False
    inconclusive: bool = False
    """Never where `aligned`: DNS failed for now, and what it did not tell might have made this verdict another one. Asked again later the
    answer may be a pass, or a DMARC fail that holds the message under every setting; so nothing should rest on this one yet."""
    source: Literal["peer", "relay", "local", "arc", "none"] = "none"
    """What `aligned` rests on; where it is missing, what was looked at. `arc` is the former only."""
    reason: str = "nothing was checked"

    @property
    def disowned(self) -> bool:
        """The author's domain says that it did not send this (DMARC), and no trusted seal explains why it looks so (RFC 8617 §7.2.1)."""
        return self.dmarc == "fail" and not (self.aligned and self.source == "arc")
