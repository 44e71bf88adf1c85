"""How long reading takes: `python -m tests.mail.speed`. Every message of the corpora, read and cut twice, the better reading counted."""

import json
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from statistics import median, quantiles

from gateway.domain.ours import Ours
from gateway.mail.parse import parse_message

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
OURS = Ours(addresses=("support@example.com",), names=("Support Desk",), domains=("mx.example.com",))


def messages() -> Iterator[bytes]:
    for path in sorted(CORPORA.glob("*/*.eml")):
        yield path.read_bytes()
    for name in ("replies.jsonl", "replies-more.jsonl", "forwards.jsonl"):
        for line in (CORPORA / name).read_text("utf-8").splitlines():
            case = json.loads(line)
            yield written(case.get("subject") or "Re: [#1024] Cannot log in", case.get("text") or case.get("body"), case.get("html"))


def written(subject: str, text: str | None, html: str | None) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "client@customer.test", "support@example.com", " ".join(subject.split())
    if text is not None:
        mail.set_content(text, cte="8bit")
    else:
        mail.set_content(html or "", subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def seconds(content: bytes) -> float:
    begun = time.process_time()
    parse_message(content, OURS)
    return time.process_time() - begun


def main() -> int:
    if not CORPORA.is_dir():
        print(f"no {CORPORA} here: nothing to measure with, so nothing was measured")
        return 0
    everything = list(messages())
    seconds(everything[0])
    spent = [1000 * min(seconds(each), seconds(each)) for each in everything]
    print(
        f"parse and cut, {len(spent)} messages: median {median(spent):.2f} ms, p99 {quantiles(spent, n=100)[98]:.1f} ms of processor time"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
