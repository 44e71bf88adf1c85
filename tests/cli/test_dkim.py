"""`deskgate dkim new`: the key, the record, the table; and what `check` says of keys."""

import json
import stat
import tomllib
from pathlib import Path

import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.config.dkim import dkim_keys
from gateway.config.load import load
from gateway.outbound.sign import sign, signer
from tests.auth.nameserver import name_server
from tests.dnscheck.checking import WELL
from tests.journeys.in_process import run_here
from tests.outbound.letters import WRITTEN
from tests.outbound.signing import verified
from tests.outbound.test_sign import DINNER

CONFIG = """
[server]
hostname = "mx.desk.test"
[trust]
nameservers = ["127.0.0.1:{dns}"]
[desk]
secret = "0123456789abcdef0123456789abcdef"
[outbound]
relay = "127.0.0.1:25"
[[gateway]]
address = "support@desk.test"
[[agent]]
address = "dana@staff.test"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG.format(dns=9))
    return tmp_path / "config.toml"


async def new(config: Path, *arguments: str) -> tuple[int, str, str]:
    return await run_here("dkim", "new", *arguments, "--config", str(config))


def put_in(config: Path, table: str) -> None:
    with config.open("a") as file:
        file.write(table)


async def test_two_commands_and_their_tables_make_letters_signed_twice(config: Path) -> None:
    tables = []
    for kind in ("rsa", "ed25519"):
        status, out, err = await new(config, "desk.test", "--type", kind)
        assert (status, err) == (0, "")
        tables.append("[[dkim]]\n" + out.split("[[dkim]]\n")[1].split("`deskgate")[0])
    put_in(config, "".join(tables))
    keys = tuple(dkim_keys(load(config).settings.dkim))
    assert [(each.kind, each.bits) for each in keys] == [("rsa", 2048), ("ed25519", 256)]
    assert len({each.selector for each in keys}) == 2
    files = sorted(config.parent.glob("dkim-desk.test-*.pem"))
    assert [stat.S_IMODE(each.stat().st_mode) for each in files] == [0o600, 0o600]
    assert verified(sign(DINNER, [signer(each) for each in keys], WRITTEN), keys)


async def test_what_it_says_to_publish_is_what_check_looks_for(config: Path) -> None:
    status, out, err = await new(config, "Desk.Test", "--selector", "Spring", "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    record = found["record"]
    assert (found["domain"], found["selector"], found["kind"], found["bits"]) == ("desk.test", "spring", "rsa", 2048)
    assert (record["name"], record["kind"]) == ("spring._domainkey.desk.test", "TXT")
    assert record["value"].startswith("v=DKIM1; k=rsa; p=")
    assert "".join(record["strings"]) == record["value"]
    assert [len(each) <= 255 for each in record["strings"]] == [True, True]
    zone = dns.zone.from_text(f"$ORIGIN .\n$TTL 300\n{found['zone']}\n", check_origin=False)
    [published] = zone.find_rdataset("spring._domainkey.desk.test", "TXT")
    assert [each.decode() for each in published.strings] == record["strings"]
    [table] = tomllib.loads(found["configuration"])["dkim"]
    assert config.parent / table["key"] == Path(found["file"])
    async with name_server(WELL | {(record["name"], "TXT"): [record["value"]]}) as server:
        config.write_text(CONFIG.format(dns=server.port) + found["configuration"])
        status, out, err = await run_here("check", "--dns", "--json", "--config", str(config))
    assert status == 0, err
    [support] = [each for each in json.loads(out)["dns"]["addresses"] if each["address"] == "support@desk.test"]
    [dkim] = [each for each in support["findings"] if each["subject"] == "dkim"]
    assert (dkim["state"], dkim["publish"]) == ("good", None)


async def test_the_terminal_has_the_record_in_both_forms(config: Path) -> None:
    _, out, _ = await new(config, "desk.test", "--selector", "a", "--file", str(config.parent / 'odd "name".pem'))
    lines = out.splitlines()
    [zone] = [each for each in lines if each.startswith("a._domainkey.desk.test. TXT ")]
    value = lines[lines.index("a._domainkey.desk.test") + 1]
    assert zone.count('"') == 4
    assert zone.partition(" TXT ")[2].replace('" "', "").strip('"') == value
    [table] = tomllib.loads("[[dkim]]\n" + out.split("[[dkim]]\n")[1].split("`deskgate")[0])["dkim"]
    assert table == {"domain": "desk.test", "selector": "a", "key": 'odd "name".pem'}


async def test_a_file_that_is_there_is_never_overwritten(config: Path) -> None:
    assert (await new(config, "desk.test", "--selector", "a"))[0] == 0
    path = config.parent / "dkim-desk.test-a.pem"
    before = path.read_bytes()
    status, out, err = await new(config, "desk.test", "--selector", "a")
    assert (status, out) == (1, "")
    assert err == f"deskgate: {path} is there already, and keys are never overwritten: choose another --selector, or another --file\n"
    assert path.read_bytes() == before
    dangling, target = config.parent / "link.pem", config.parent / "elsewhere.pem"
    dangling.symlink_to(target)
    assert (await new(config, "desk.test", "--file", str(dangling)))[0] == 1
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("de sk.test",), 2, 'dkim new de sk.test: expected a domain, such as "example.com"'),
        (("desk.test", "--selector", "a b"), 2, "expected a selector, such as"),
        (("desk.test", "--selector", ".".join(["a" * 60] * 4)), 2, "choose a shorter --selector"),
        (("desk.test", "--type", "dsa"), 2, "invalid choice"),
        (("desk.test", "--type", "ed25519", "--bits", "2048"), 2, "--bits is for RSA"),
        (("desk.test", "--bits", "512"), 2, "1024 to 4096 bits are expected"),
        (("desk.test", "--file", "/nowhere/at/all.pem"), 1, "/nowhere/at/all.pem cannot be written: No such file or directory"),
    ],
)
async def test_what_is_wrong_is_named(config: Path, arguments: tuple[str, ...], status: int, told: str) -> None:
    got, out, err = await new(config, *arguments)
    assert (got, out) == (status, "")
    assert told in err
    assert [each.name for each in config.parent.iterdir()] == ["config.toml"]


async def test_a_short_key_is_made_with_a_word_on_it(config: Path) -> None:
    status, out, err = await new(config, "desk.test", "--bits", "1024")
    assert status == 0
    assert "RSA, 1024 bits" in out
    assert "some receivers count RSA below 2048 bits for nothing" in err


async def test_check_and_start_name_a_key_that_cannot_be_used(config: Path) -> None:
    private = rsa.generate_private_key(65537, 1024).private_numbers()
    damaged = rsa.RSAPrivateNumbers(
        private.p, private.q, private.d + 2, private.dmp1 + 2, private.dmq1, private.iqmp, private.public_numbers
    ).private_key(unsafe_skip_rsa_key_validation=True)
    pem = damaged.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (config.parent / "damaged.pem").write_bytes(pem)
    (config.parent / "none.pem").write_text("no key")
    for name in ("damaged", "none", "absent"):
        put_in(config, f'[[dkim]]\ndomain = "desk.test"\nselector = "{name}"\nkey = "{name}.pem"\n')
    for command in ("check", "serve"):
        status, _, err = await run_here(command, "--config", str(config))
        assert status == 2
        for index, why in enumerate(("; this one is damaged", "; this is none", "which cannot be read: No such file or directory")):
            [line] = [each for each in err.splitlines() if f"dkim[{index}].key" in each]
            assert line.endswith(why)
        assert "BEGIN" not in err
