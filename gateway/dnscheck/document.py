"""What DNS was found to say, as programs read it and zones are written. Pure."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from gateway.dnscheck.findings import Finding, Publish, worst
from gateway.dnscheck.report import Report, Reported

STRING: Final = 255
"""Octets of one string of a TXT record (RFC 1035 §3.3.14); verifiers join them."""


def zone_line(record: Publish) -> str:
    """As a zone file has it."""
    if record.kind != "TXT":
        return f"{record.name}. {record.kind} {record.value}"
    return f"{record.name}. TXT {' '.join(f'{chr(34)}{each}{chr(34)}' for each in strings(record.value))}"


def strings(value: str) -> Iterator[str]:
    return (value[start : start + STRING] for start in range(0, len(value), STRING))


def named(reported: Reported) -> str:
    address = reported.address
    return address.domain if address.role == "bounce_domain" else address.address


def document_of(report: Report) -> dict[str, Any]:
    return {
        "state": report.state,
        "sending": {
            "host": report.sending.host,
            "addresses": list(report.sending.addresses),
            "includes": list(report.sending.includes),
            "findings": [finding_document(each) for each in report.hosts],
        },
        "addresses": [
            {
                "address": named(each),
                "role": each.address.role,
                "domain": each.address.domain,
                "own_server": each.address.own_server,
                "state": worst(each.findings),
                "findings": [finding_document(one) for one in each.findings],
            }
            for each in report.addresses
        ],
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """`publish` is the record as a zone would have it."""
    return dict(finding.details) | {
        "subject": finding.subject,
        "state": finding.state,
        "says": finding.says,
        "remedy": finding.remedy or None,
        "publish": asdict(finding.publish) if finding.publish is not None else None,
    }
