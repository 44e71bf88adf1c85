"""What `check --dns` prints: a table an address, and below it the records to publish, whole and ready to copy."""

from typing import Final

from gateway.cli.output import print_table
from gateway.dnscheck.document import named, zone_line
from gateway.dnscheck.findings import Finding
from gateway.dnscheck.report import Report
from gateway.mail.address import shown_address

ROLE: Final = {
    "gateway": "gateway",
    "from_address": "From address",
    "reply_address": "where agents' answers go",
    "bounce_domain": "where reports on our letters go",
}
SUBJECT: Final = {"mx": "MX", "spf": "SPF", "dkim": "DKIM", "dmarc": "DMARC", "from": "From", "reverse": "reverse name"}


def print_report(report: Report) -> None:
    if report.hosts:
        print(f"\nletters leave by {report.sending.host} ({', '.join(report.sending.addresses) or 'its address is not known'})")
        print_findings(report.hosts)
    for reported in report.addresses:
        print(f"\n{shown_address(named(reported))}: {ROLE[reported.address.role]}")
        print_findings(reported.findings)


def print_findings(findings: tuple[Finding, ...]) -> None:
    rows = [(SUBJECT[each.subject], each.state, each.says, each.remedy) for each in findings]
    print_table(("", "state", "what DNS says", "what to do"), rows, "")
    for each in dict.fromkeys(each.publish for each in findings if each.publish is not None):
        print(f"  {zone_line(each)}")
