"""The door of the parse child: one message's DKIM signatures and its ARC chain, verified."""

from collections.abc import Mapping

from gateway.auth.arc import verify_chain
from gateway.auth.covered import Covered
from gateway.auth.dkim import verify_signature
from gateway.auth.signature import Verified
from gateway.auth.written import read_written


def verify_content(content: bytes, keys: Mapping[str, bytes], now: float) -> Verified:
    """`keys` are TXT records by `Written.key_names`, `b""` where none is published; one that is missing could not be looked up. `now` in
    Unix time. Total."""
    written = read_written(content)
    covered = Covered(written.fields, content[written.body :])
    signatures = [verify_signature(each, covered, keys, now) for each in written.dkim]
    return Verified(tuple(signatures), verify_chain(written.arc, covered, keys, now))
