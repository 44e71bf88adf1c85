"""`deskgate retention run`: what the schedule does every hour, now."""

import argparse

from gateway.cli.output import print_fields, print_json
from gateway.cli.work import work
from gateway.config.convert import retention
from gateway.desk.retaining import remove_past


async def run(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        done = await remove_past(opened.sessions, retention(opened.settings))
        opened.deed.note(**done)
    if options.json:
        print_json({name: done.get(name, 0) for name in ("raw_mail", "letters", "tickets", "partitions", "audit")})
    elif done:
        print_fields(dict(done))
    else:
        print("nothing is past its time")
