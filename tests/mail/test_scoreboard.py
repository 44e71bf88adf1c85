"""The figures on mail that nobody here wrote, where its folder is present: they may rise, and must not fall."""

import json
import re
from collections import Counter
from email.message import EmailMessage
from email.policy import SMTP
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.ours import Ours
from gateway.mail.message import Message
from gateway.mail.parse import parse_message

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
OURS = Ours(addresses=("support@example.com",), names=("Support Desk",), domains=("mx.example.com",))
EXACT = {"hand_trap", "hand_delimtrap", "hand_text_delim", "hand_html_delim", "hand_xx_delim"}
SHARES = {"hand_text": 0.97, "hand_html": 0.97, "hand_xx": 0.9, "ert": 0.92}

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora of foreign mail are not here")


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPORA / name).read_text("utf-8").splitlines()]


def parsed(subject: str, text: str | None, html: str | None) -> Message:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "client@customer.test", "Support Desk <support@example.com>", " ".join(subject.split())
    if subject.startswith("Re:"):
        mail["In-Reply-To"] = "<earlier@mx.example.com>"
    if text is not None:
        mail.set_content(text, cte="8bit")
    else:
        mail.set_content(html or "", subtype="html", cte="quoted-printable")
    return parse_message(mail.as_bytes(), OURS)


def without_tags(markup: str) -> str:
    return unescape(re.sub(r"<(style|script|head)\b.*?</\1>|<[^>]+>", " ", markup, flags=re.S | re.I))


def normal(text: str, *, letters_only: bool) -> str:
    return re.sub(r"[\W_]+", "", text).casefold() if letters_only else " ".join(text.split())


def words_of(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def is_right(case: dict[str, Any]) -> tuple[bool, bool]:
    """Whether the new text is what was expected, and whether none of its words are missing."""
    as_html = case["fmt"] == "html"
    body = parsed("Re: [#1024] Cannot log in", None if as_html else case["text"], case["html"] if as_html else None).body
    accepted = [
        case["expected"],
        *(case.get("accept") or []),
        *([case["expected_nosig"]] if case.get("expected_nosig") is not None else []),
    ]
    if case.get("expected_is_html"):
        accepted = [without_tags(each) for each in accepted]
    found = {normal(body.new_text, letters_only=as_html), normal(f"{body.new_text}\n{body.signature}", letters_only=as_html)}
    right = any(normal(each, letters_only=as_html) in found for each in accepted)
    have = words_of(f"{body.new_text} {body.signature}")
    return right, right or any(not words_of(each) - have for each in accepted)


def test_replies_are_cut_as_their_collectors_say() -> None:
    right, total, kept = Counter[str](), Counter[str](), 0
    for case in [*rows("replies.jsonl"), *rows("replies-more.jsonl")]:
        total[case["corpus"]] += 1
        is_as_expected, keeps_all = is_right(case)
        right[case["corpus"]] += is_as_expected
        kept += keeps_all
    shares = {corpus: right[corpus] / total[corpus] for corpus in total}
    assert {corpus: shares[corpus] for corpus in EXACT} == dict.fromkeys(EXACT, 1.0)
    assert not {corpus: shares[corpus] for corpus, least in SHARES.items() if shares[corpus] < least}
    assert right.total() / total.total() >= 0.95
    assert total.total() - kept <= 5  # docs/mail.md tells which, and why


def test_forwards_name_their_author() -> None:
    forwards = rows("forwards.jsonl")
    named = [case for case in forwards if case["is_forward"] and case["expected_from"]]
    right = 0
    for case in named:
        forwarded = parsed(case["subject"] or "Fwd:", case["body"], None).forwarded
        right += forwarded is not None and forwarded.author is not None and forwarded.author.address == case["expected_from"]
    assert right / len(named) >= 0.97
    assert not [
        case["id"] for case in forwards if not case["is_forward"] and parsed(case["subject"] or "Fwd:", case["body"], None).forwarded
    ]


def test_reports_are_told_from_messages() -> None:
    labels: dict[str, str] = json.loads((CORPORA / "reports.json").read_text("utf-8"))
    messages = {name: parse_message((CORPORA / "reports" / name).read_bytes(), OURS) for name in labels}
    wrong = {name: message.kind for name, message in messages.items() if message.kind != labels[name]}
    bounces = [name for name, kind in labels.items() if kind == "bounce"]
    assert [name for name in wrong if labels[name] != "bounce"] == []
    assert len(wrong) <= len(bounces) // 100
    named = [name for name in bounces if (bounce := messages[name].bounce) is not None and bounce.recipients]
    assert len(named) / len(bounces) >= 0.95
