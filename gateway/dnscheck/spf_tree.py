"""An SPF record with all that it includes, as far as RFC 7208 bounds it: what each part costs, and what is wrong with it. Pure.

Whether a sender passes is `gateway.auth.spf`'s to say, by the same evaluation that incoming mail meets. Here the record is read as whoever
maintains it does: all of its terms, also those that an evaluation would not come to.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.dnscheck.known import Known

MOST_LOOKUPS: Final = 10
"""RFC 7208 §4.6.4; beyond, the record counts for nothing."""
MOST_VOID: Final = 2
DEEPEST: Final = 12

VERSION: Final = "v=spf1"
ASKING: Final = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
MECHANISMS: Final = ASKING - {"redirect"} | {"ip4", "ip6", "all"}

_TERM: Final = re.compile(r"([+?~-]?)([a-z][a-z0-9_.-]*)(?:([:=/])(.*))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism or modifier. `value` is what stands behind `:` or `=`, with a prefix length if there is one; `tree` what an include or
    a redirect leads to."""

    text: str
    name: str
    value: str = ""
    tree: "Tree | None" = None
    void: bool = False
    """What it asks for does not exist."""

    @property
    def lookups(self) -> int:
        return (self.name in ASKING) + (self.tree.lookups if self.tree is not None else 0)

    @property
    def broken(self) -> bool:
        """Whether it makes every record that holds it count for nothing, once an evaluation comes to it."""
        if not self.name or next(faults_of(self, ""), None) is not None:
            return True
        return self.tree is not None and bool(self.tree.faults)


@dataclass(frozen=True, slots=True)
class Tree:
    """The record of one domain; `records` are all that begin as SPF's do. `faults` are sentences, of what it includes too."""

    domain: str
    records: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    faults: tuple[str, ...] = ()
    unknown: bool = False
    """Something of it could not be looked up."""

    @property
    def lookups(self) -> int:
        return sum(each.lookups for each in self.terms)

    @property
    def voids(self) -> int:
        return sum(each.void + (each.tree.voids if each.tree is not None else 0) for each in self.terms)

    @property
    def record(self) -> str | None:
        """The one that counts."""
        return self.records[0] if len(self.records) == 1 else None

    def domains(self) -> Iterator[str]:
        """Whose records count in it, its own first."""
        yield self.domain
        for each in self.terms:
            if each.tree is not None:
                yield from each.tree.domains()


def spf_tree(domain: str, known: Known, above: tuple[str, ...] = ()) -> Tree:
    answer = known.ask(domain, "TXT")
    if answer.status == "temperror":
        return Tree(domain, unknown=True)
    records = tuple(spf_records(answer.texts))
    # Of several records all terms, for whoever has to make one of them.
    terms = tuple(term_of(each, domain, known, above) for record in records for each in record.split()[1:])
    faults = [f"{domain} has {len(records)} SPF records, which count as none"] if len(records) > 1 else []
    faults += [fault for each in terms for fault in faults_of(each, domain)]
    if any(not 0x20 <= ord(each) < 0x7F for record in records for each in record):
        faults.append(f"the SPF record of {domain} holds characters that are not plain ASCII")
    unknown = any(each.tree is not None and each.tree.unknown for each in terms)
    return Tree(domain, records, terms, tuple(dict.fromkeys(faults)), unknown)


def spf_records(texts: tuple[bytes, ...]) -> Iterator[str]:
    for each in texts:
        text = each.decode("utf-8", "replace")
        # RFC 7208 §4.5: the version ends with a space or the record.
        if text.lower() == VERSION or text.lower().startswith(f"{VERSION} "):
            yield text


def term_of(text: str, domain: str, known: Known, above: tuple[str, ...]) -> Term:
    match = _TERM.fullmatch(text)
    if match is None:
        return Term(text, "")
    name, separator, value = match[2].lower(), match[3] or "", match[4] or ""
    if separator == "=" and name in MECHANISMS:
        return Term(text, "")
    if separator == "/":
        value = f"/{value}"
    if name not in ASKING or "%" in value:
        return Term(text, name, value)
    # As it stands: names below an underscore are no host names.
    target = re.sub(r"/[0-9/]*$", "", value).strip(".").lower() or domain
    if name in ("include", "redirect") and value:
        return led_on(text, name, value, target, known, (*above, domain))
    return Term(text, name, value, void=is_void(name, target, known))


def led_on(text: str, name: str, value: str, target: str, known: Known, above: tuple[str, ...]) -> Term:
    if target in above:
        return Term(text, name, value, Tree(target, faults=(f"{text} leads back to {target}: it goes round for ever",)))
    if len(above) > DEEPEST:
        return Term(text, name, value)
    tree = spf_tree(target, known, above)
    return Term(text, name, value, tree)


def is_void(name: str, target: str, known: Known) -> bool:
    match name:
        case "mx":
            return known.ask(target, "MX").status == "absent"
        case "a":
            # One look-up for one sender: of the two kinds, the one that the sender is of.
            return known.ask(target, "A").status == "absent" and known.ask(target, "AAAA").status == "absent"
        case "exists":
            return known.ask(target, "A").status == "absent"
        case _:
            return False


def faults_of(term: Term, domain: str) -> Iterator[str]:
    of = f"the SPF record of {domain}"
    if not term.name or (term.name not in MECHANISMS and "=" not in term.text):
        yield f'{of} has "{term.text}", which is no term of SPF'
    elif term.name in ("ip4", "ip6") and not is_network(term.name, term.value):
        yield f'{of} has "{term.text}", which is no {"IPv4" if term.name == "ip4" else "IPv6"} address or network'
    elif term.name in ("include", "exists", "redirect") and not term.value:
        yield f'{of} has "{term.text}" without a domain'
    if term.tree is not None:
        yield from term.tree.faults
        if not (term.tree.records or term.tree.unknown or term.tree.faults):
            yield f'{of} has "{term.text}", and {term.tree.domain} has no SPF record'


def is_network(name: str, value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.version == (4 if name == "ip4" else 6)
