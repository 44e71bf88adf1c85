"""`deskgate demo` and `deskgate bench` as a newcomer runs them."""

import asyncio
import json
import sys
from pathlib import Path


async def command(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *arguments, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_demo_tells_the_whole_story_and_leaves_nothing_behind(tmp_path: Path) -> None:
    status, told, err = await command("demo", cwd=tmp_path)
    assert status == 0, err
    for words in (
        "From here on nothing can be lost",
        "Принтер не печатает [#1]",
        "Получилось, спасибо большое!",
        "agent_reply by Олег Смирнов",
    ):
        assert words in told
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


async def test_the_quick_benchmark_gives_every_figure(tmp_path: Path) -> None:
    status, out, err = await command("bench", "--quick", "--json", cwd=tmp_path)
    assert status == 0, err
    found = json.loads(out)
    assert found["accepts"]["not_accepted"] == 0
    assert found["accepts"]["ratio"] > 0
    assert found["accepts"]["durability"]["synchronous_commit"] == "on"
    assert found["pipeline"]["not_done"] == 0
    assert found["pipeline"]["articles"] == found["pipeline"]["mails"]
    assert found["pipeline"]["letters"] > found["pipeline"]["mails"]
    assert (found["letters"]["not_sent"], found["letters"]["not_sent_signed"]) == (0, 0)
    assert found["letters"]["letters_ratio"] > 0
