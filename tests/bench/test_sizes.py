"""What a mail leaves behind is measured on a gateway that really takes it in."""

from pathlib import Path

from gateway.bench.sizes import FILE, descendants, mail, measure
from gateway.domain.ours import Ours
from gateway.mail.parse import parse_message


def test_the_mails_are_what_they_are_said_to_be() -> None:
    question, answer, heavy = (mail(2, 1, None, None), mail(3, 1, 2, None), mail(4, 1, None, b"x" * FILE))
    read = [parse_message(each, Ours()) for each in (question, answer, heavy)]
    assert 3500 < len(question) < 4500
    assert (read[0].message_id, read[1].in_reply_to) == ("2.1@load.test", ("2.1@load.test",))
    assert [[each.size for each in one.attachments] for one in read] == [[], [], [FILE]]
    assert all(one.body.new_text and one.body.html for one in read)


async def test_every_figure_is_there_and_none_is_nothing(database_url: str, tmp_path: Path) -> None:
    found = await measure(database_url, tmp_path, mails=40, warm_up=20)
    for kind in ("mail", "reply", "mail_with_50_kB_file"):
        assert found[kind]["wal"] > 1000, kind
        assert found[kind]["tables"]["inbound_contents"] > 1000, kind
    assert found["mail_with_50_kB_file"]["tables"]["blobs"] > FILE
    assert {"deskgate intake-0", "deskgate listener-0", "deskgate sender-0"} <= found["connections"].keys()
    assert {"parent", "intake", "listener", "sender", "web", "parsing"} <= found["memory_mib"].keys()
    assert not descendants(0x7FFFFFFF)
