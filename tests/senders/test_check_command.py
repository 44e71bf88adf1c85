"""`deskgate check --dns` as a person and a script have it: the tables, the records, the exit status (U9)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.auth.nameserver import name_server
from tests.dnscheck.checking import OURS, RSA, WELL, rsa_key
from tests.journeys.running import deskgate

CONFIG = """
[server]
hostname = "mx.desk.test"
[trust]
nameservers = ["127.0.0.1:{dns}"]
[desk]
secret = "a secret of the tests, long enough"
[outbound]
relay = "127.0.0.1:25"
[[gateway]]
address = "support@desk.test"
[[agent]]
address = "dana@staff.test"
[[from_address]]
address = "hello@почта.test"
[[dkim]]
domain = "desk.test"
selector = "one"
key = "dkim.pem"
"""
POST = "xn--80a1acny.test"


@asynccontextmanager
async def configured(folder: Path, zone: Any) -> AsyncIterator[str]:
    (folder / "dkim.pem").write_text(RSA)
    config = folder / "config.toml"
    async with name_server(zone) as dns:
        config.write_text(CONFIG.format(dns=dns.port))
        yield str(config)


async def test_every_fault_is_named_with_what_to_publish(tmp_path: Path) -> None:
    async with configured(tmp_path, WELL | {(POST, "MX"): [(1, "mx.desk.test")]}) as config:
        status, out, err = await deskgate("check", "--dns", "--config", config)
        coded, document, _ = await deskgate("check", "--dns", "--json", "--config", config)
    assert (status, coded) == (1, 1), err
    assert f'one._domainkey.desk.test. TXT "{rsa_key().record}"' in out
    assert "hello@почта.test: From address" in out
    assert f'{POST}. TXT "v=spf1 ip4:{OURS} ~all"' in out
    assert "no gateway has it, so answers go to the ticket's gateway" in out
    found = json.loads(document)
    assert found["warnings"]
    by_address = {each["address"]: each for each in found["dns"]["addresses"]}
    spf = next(each for each in by_address[f"hello@{POST}"]["findings"] if each["subject"] == "spf")
    assert spf["publish"] == {"name": POST, "kind": "TXT", "value": f"v=spf1 ip4:{OURS} ~all"}
    assert by_address["support@desk.test"]["state"] == "fault"


async def test_where_all_is_well_the_status_is_0(tmp_path: Path) -> None:
    zone = WELL | {
        ("one._domainkey.desk.test", "TXT"): [rsa_key().record],
        (POST, "MX"): [(1, "mx.desk.test")],
        (POST, "TXT"): [f"v=spf1 ip4:{OURS} -all"],
    }
    async with configured(tmp_path, zone) as config:
        status, out, err = await deskgate("check", "--dns", "--config", config)
    assert (status, err) == (0, ""), out


async def test_where_dns_is_down_nothing_is_called_missing(tmp_path: Path) -> None:
    zone = dict.fromkeys([*WELL, (POST, "MX"), (POST, "TXT"), (f"_dmarc.{POST}", "TXT"), ("mx.desk.test", "AAAA")], "servfail")
    zone |= {("one._domainkey.desk.test", "TXT"): "servfail", (POST, "A"): "servfail"}
    async with configured(tmp_path, zone) as config:
        status, out, err = await deskgate("check", "--dns", "--config", config)
    assert status == 75, out
    assert "fault" not in out
    assert "could not be looked up" in out
    assert "try again later" in err
