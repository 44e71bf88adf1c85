"""Complaints as providers write them (RFC 5965): with and without the one who complained."""

import pytest

from gateway.mail.complaint import read_complaint
from gateway.mail.message import Complaint
from gateway.mail.parts import Part

PATH = "b+token@bounce.test"
REPORT = f"Feedback-Type: Abuse\nUser-Agent: P/1.0\nVersion: 1\nOriginal-Mail-From: <{PATH}>\nOriginal-Rcpt-To: <anna@client.test>\n"
ENCLOSED = f"Return-Path: <{PATH}>\nMessage-ID:\n <t.token.1@desk.test>\nTo: redacted\nSubject: x\n\nTo: eve@else.test\n"


def part(kind: str, text: str, *, raw: bool = False) -> Part:
    return Part(kind, (), None if raw else text, text.encode())


@pytest.mark.parametrize("raw", [False, True], ids=["decoded", "as bytes"])
def test_the_report_and_the_letter_in_it_are_read(raw: bool) -> None:
    found = read_complaint((part("message/feedback-report", REPORT, raw=raw), part("message/rfc822", ENCLOSED, raw=raw)))
    assert found == Complaint("abuse", (PATH,), ("anna@client.test",), "t.token.1@desk.test")


def test_a_hidden_recipient_is_none_and_the_path_may_stand_in_the_letter_alone() -> None:
    report = "Feedback-Type: abuse\n"
    found = read_complaint((part("message/feedback-report", report), part("text/rfc822-headers", ENCLOSED)))
    assert found is not None
    assert (found.reverse_paths, found.recipients) == ((PATH,), ())


def test_what_is_no_report_is_none_and_a_torn_one_says_little() -> None:
    assert read_complaint((part("text/plain", REPORT),)) is None
    assert read_complaint((part("message/feedback-report", ""),)) == Complaint("")
    many = "\n".join(f"Original-Rcpt-To: <a{n}@client.test>" for n in range(500))
    found = read_complaint((part("message/feedback-report", f"Feedback-Type: fraud\n{many}\n"),))
    assert found is not None
    assert len(found.recipients) == 20
