"""What leaves a gateway with keys is signed, each copy by itself; what stands by a key alone waits for it (X9, Z6)."""

import asyncio
import re
import time
from typing import Any

from tests.dnscheck.checking import WELL
from tests.journeys.lending import Lender
from tests.journeys.running import POLL, SECONDS, Running, letter, reply_to
from tests.outbound.signing import dkim_key, verified

RSA, ED25519, CORP = dkim_key("rsa"), dkim_key("ed25519"), dkim_key("ed25519", "corp.test", "one")
BOTH = (RSA, ED25519)


def table(key: Any) -> str:
    return f'[[dkim]]\ndomain = "{key.domain}"\nselector = "{key.selector}"\nkey = """\n{key.private}"""\n'


TABLES = f"""
[outbound.retry]
first_delay = 0.3
max_delay = 0.5
[[from_address]]
address = "hello@corp.test"
name = "Corp"
department = "support"
{table(RSA)}{table(ED25519)}"""
ZONE = WELL | {
    (CORP.name, "TXT"): [CORP.record],
    ("_dmarc.corp.test", "TXT"): ["v=DMARC1; p=reject; adkim=s"],
    ("corp.test", "TXT"): ["v=spf1 -all"],
}


async def test_letters_are_signed_and_wait_for_the_key_that_they_stand_by(lend: Lender) -> None:
    async with lend(tables=TABLES + table(CORP), zone=ZONE) as gateway:
        await gateway.take(letter("Anna <anna@client.test>", "support@desk.test", "Drukarka się pali", "Zażółć gęślą jaźń."))
        [registered] = await gateway.letters_to("anna@client.test")
        [told] = await gateway.letters_to("dana@staff.test")
        [also_told] = await gateway.letters_to("oleg@staff.test")
        assert all(verified(each.content, BOTH) for each in (registered, told, also_told))
        assert len({re.sub(rb"\s", b"", each.content.split(b" b=")[1]) for each in (told, also_told)}) == 2
        for row in await gateway.json("outbox", "list"):
            status, raw, err = await gateway.command("outbox", "show", str(row["id"]), "--raw")
            assert (status, err) == (0, "")
            assert raw.encode() in [each.content for each in gateway.relay.messages]

        # A From address of a domain that DMARC asks a signature of: SPF says no, the key is published.
        assert (await gateway.json("senders", "verify", "hello@corp.test"))["address"] == "hello@corp.test"
        code = re.findall(r"deskgate senders confirm (\S+)", (await gateway.letters_to("hello@corp.test"))[-1].text)[0]
        assert (await gateway.json("senders", "confirm", code))["alignment"] == "dkim"
        await gateway.take(reply_to(told, "dana@staff.test", "Gaśnica wisi przy drzwiach.\n\n@from hello@corp.test"))
        [_, reply] = await gateway.letters_to("anna@client.test", 2)
        assert (reply.message["From"].addresses[0].addr_spec, reply.reverse_path) == ("hello@corp.test", "support@desk.test")
        assert verified(reply.content, [CORP])

        # Without its key it does not go, whoever else's letters do; with it again, it does.
        config = gateway.config.read_text("utf-8")
        gateway.config.write_text(config.replace(table(CORP), ""), "utf-8")
        await gateway.process.reload()
        await gateway.take(reply_to(told, "dana@staff.test", "Drugi list.\n\n@from hello@corp.test"))
        waiting = await deferred(gateway)
        assert "there is no [[dkim]] key of corp.test any more to vouch for it" in waiting["last_error"]
        await gateway.take(letter("Boris <boris@client.test>", "support@desk.test", "Hello"))
        [also_registered] = await gateway.letters_to("boris@client.test")
        assert verified(also_registered.content, BOTH)
        await gateway.process.logged("letter_not_signed")
        gateway.config.write_text(config, "utf-8")
        await gateway.process.reload()
        [*_, late] = await gateway.letters_to("anna@client.test", 3)
        assert late.message_id == waiting["message_id"]
        assert verified(late.content, [CORP])


async def deferred(gateway: Running) -> dict[str, Any]:
    """The letter that an attempt has deferred, once there is one."""
    deadline = time.monotonic() + SECONDS
    while not (found := [each for each in await gateway.json("outbox", "list", "--state", "queued") if each["attempts"]]):
        assert time.monotonic() < deadline, gateway.process.told()
        await asyncio.sleep(POLL)
    [one] = found
    shown: dict[str, Any] = await gateway.json("outbox", "show", str(one["id"]))
    return shown
