"""`deskgate rules test`: on files, on directories, and on what is stored."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """
[[gateway]]
address = "support@desk.test"
[desk]
secret = "0123456789abcdef0123456789abcdef"
[[agent]]
address = "dana@staff.test"
[[rule]]
name = "ads"
when.author = "@ads.test"
then.discard = true
[[rule]]
name = "weekend"
when.hours = { days = "sat, sun" }
then = { tags = ["weekend"], priority = "low" }
[[rule]]
name = "strangers"
when.known_client = false
then.tags = "new"
[[rule]]
name = "later"
on = "unanswered"
when.unanswered_hours = 8
then.notify = "dana@staff.test"
"""


def mail(author: str, subject: str, day: str = "Mon, 02 Mar 2026 10:00:00 +0100", to: str = "support@desk.test") -> str:
    return f"From: {author}\nTo: {to}\nSubject: {subject}\nDate: {day}\nMessage-ID: <{subject}@client.test>\n\nHello!\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    old = tmp_path / "old"
    (old / "2026").mkdir(parents=True)
    (old / "a.eml").write_text(mail("Bob <bob@ads.test>", "offer"))
    (old / "2026" / "b.eml").write_text(mail("Anna <anna@client.test>", "question", "Sat, 07 Mar 2026 10:00:00 +0100"))
    (old / "c.eml").write_text(mail("Dana <dana@staff.test>", "mine"))
    (old / "d.eml").write_text(mail("Anna <anna@client.test>", "elsewhere", to="x@other.test"))
    (old / "notes.txt").write_text("no mail")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway", "--config", "config.toml", "rules", "test", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_folder_of_old_mail_is_told_of_in_a_table(folder: Path) -> None:
    done = run(folder, "old")
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines == [
        "file subject rules that match outcome",
        "old/2026/b.eml question weekend, strangers priority low, tags weekend, new",
        "old/a.eml offer ads discard it",
        "old/c.eml mine rules are not asked: dana@staff.test is an agent of ours",
        "old/d.eml elsewhere rules are not asked: no gateway address stands in To, Cc, Delivered-To, the envelope",
        "",
        "1 × ads: on received, when the author is *@ads.test: discard it",
        "1 × weekend: on received, when it is 00:00–24:00 on Sat–Sun (UTC): priority low, tags weekend",
        "1 × strangers: on received, when its author is no client yet: tags new",
    ]


def test_one_message_is_told_of_with_the_reasons(folder: Path) -> None:
    done = run(folder, "old/a.eml")
    assert "  + ads: the author is *@ads.test\n" in done.stdout
    assert '  - weekend: rule "ads" has the last word\n' in done.stdout


def test_json_tells_all_of_it(folder: Path) -> None:
    done = run(folder, "--json", "old/2026/b.eml")
    (told,) = json.loads(done.stdout)
    assert told == {
        "file": "old/2026/b.eml",
        "error": None,
        "subject": "question",
        "from": "anna@client.test",
        "gateway": "support@desk.test",
        "not_asked": None,
        "rules": ["weekend", "strangers"],
        "matched": [
            {"rule": "weekend", "why": "it is 00:00–24:00 on Sat–Sun (UTC)", "then": ["priority low", "tags weekend"]},
            {"rule": "strangers", "why": "its author is no client yet", "then": ["tags new"]},
        ],
        "passed_over": [{"rule": "ads", "why": "the author is not *@ads.test (Anna <anna@client.test>)"}],
        "settled_by": None,
        "outcome": ["priority low", "tags weekend, new"],
    }


def test_a_file_that_is_not_there_does_not_end_the_run(folder: Path) -> None:
    done = run(folder, "--json", "nowhere.eml", "old/a.eml")
    assert done.returncode == 1
    assert "nowhere.eml: cannot be read: No such file or directory" in done.stderr
    assert [each["error"] is None for each in json.loads(done.stdout)] == [False, True]


def test_nothing_to_look_at_is_bad_usage(folder: Path) -> None:
    assert run(folder).returncode == 2
    done = run(folder, "--since", "yesterday")
    assert done.returncode == 2
    assert "a day such as" in done.stderr


def test_no_database_and_no_secret_is_made(folder: Path) -> None:
    run(folder, "old")
    assert not (folder / "data").exists()
