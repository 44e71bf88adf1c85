"""Is the public half of a `[[dkim]]` key published (RFC 6376 §3.6, RFC 8463)? Pure."""

import base64

from gateway.auth.tags import Tags, names, read_tags, unfolded
from gateway.dnscheck.findings import Finding, Publish
from gateway.dnscheck.known import Known
from gateway.domain.dkim import DkimKey


def dkim_finding(key: DkimKey, known: Known) -> Finding:
    answer = known.ask(key.name, "TXT")
    publish = Publish(key.name, "TXT", key.record)
    if answer.status == "temperror":
        return Finding("dkim", "unknown", f"{key.name} could not be looked up", "try again later")
    records = [each for each in answer.texts if b"=" in each]
    if not records:
        return Finding("dkim", "fault", f"{key.name} has no key record", "publish this record", publish)
    if len(records) > 1:
        says = f"{key.name} has {len(records)} records, of which verifiers take any one"
        return Finding("dkim", "fault", says, "leave this one alone", publish)
    tags = read_tags(records[0])
    wrong = "it is no list of tags" if tags is None else why_not(key, tags)
    if tags is None or wrong:
        return Finding("dkim", "fault", f"the record at {key.name} does not serve: {wrong}", "put this record in its place", publish)
    if "y" in names(tags.get("t", "")):
        says = f"the key at {key.name} is published, but marked as being tested (t=y), and counts for nothing"
        return Finding("dkim", "fault", says, "take t=y out", publish)
    return Finding("dkim", "good", f"the key at {key.name} is published ({key.kind}, {key.bits} bits)")


def why_not(key: DkimKey, tags: Tags) -> str:
    """Empty where the record is of this key, and lets it sign mail."""
    kind = tags.get("k", "rsa").lower()
    if tags.get("v", "DKIM1") != "DKIM1":
        return f"its version is {tags['v']}"
    if "p" not in tags:
        return "it holds no key (p=)"
    if not tags["p"]:
        return "the key was revoked: p= is empty"
    if kind != key.kind:
        return f"it is of a key of another kind, {kind}; ours is {key.kind}"
    if "h" in tags and "sha256" not in names(tags["h"]):
        return f"it does not allow SHA-256 (h={tags['h']})"
    if not {"*", "email"} & set(names(tags.get("s", "*"))):
        return f"it is not for mail (s={tags['s']})"
    return "" if same_key(tags["p"], key.public) else "another key is published there, or this one with a mistake"


def same_key(published: str, ours: str) -> bool:
    try:
        return base64.b64decode(unfolded(published), validate=True) == base64.b64decode(ours)
    except ValueError:
        return False
