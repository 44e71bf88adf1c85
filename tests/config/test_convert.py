"""Settings → domain values, and the defaults that depend on other sections."""

from datetime import timedelta

import pytest

from gateway.config.convert import organisation, ours
from gateway.config.dkim import dkim_keys
from gateway.config.settings import Settings
from gateway.domain.organisation import Agent, Budget, CannedReply, Department, Desk, FromAddress, FromServer, Gateway, Organisation, Trust
from gateway.domain.ours import Ours
from tests.config.reading import SECRET, SMALLEST, settings_of
from tests.dnscheck.checking import ED25519


def test_the_smallest_file_is_a_whole_desk() -> None:
    settings = settings_of(f'{SMALLEST}[[agent]]\naddress = "Anna@Staff.Example.com"\n[desk]\nsecret = "{SECRET}"')
    assert organisation(settings) == Organisation(
        desk=Desk(
            name="Support",
            hostname="localhost",
            language="en",
            reply_address="r@example.com",
            secrets=(SECRET.encode(),),
            bounce_domain=None,
            base_url="http://127.0.0.1:8025",
        ),
        departments=(Department("support", "Support"),),
        gateways=(Gateway("support@example.com", "Support", "support", default=True),),
        agents=(Agent("anna", "anna@staff.example.com", ("support",)),),
    )
    assert ours(settings) == Ours(("support@example.com", "r@example.com"), ("Support",), ("localhost", "example.com"))


WHOLE = f"""
[server]
hostname = "desk.example.com"
[desk]
name = "Example"
language = "pl"
secret = "{SECRET}"
old_secrets = ["{SECRET[::-1]}"]
token_days = 7
reply_address = "Reply@Пример.рф"
route_by = ["to"]
show_agent_name = false
command_languages = ["pl", "ru"]
command_words = {{closed = ["gotowe", "po  wszystkim"], tags = []}}
command_position = "anywhere"
receipts = "always"
client_identity = "reply-to"
requester_from_forward = true
private_without_client = true
merge_across_clients = true
unknown_clients = "hold"
notify_recipients = "never"
[trust]
agent_authentication = "token"
relays = ["192.0.2.7", "2001:db8::/32"]
authserv_id = "mx.example.com"
arc_sealers = ["Example.net"]
local = ["10.0.0.0/8", "stdin"]
[outbound]
bounce_domain = "bounces.example.com"
[budget]
per_address_hour = 2
[web]
base_url = "https://desk.example.com/help/"
[[department]]
key = "back-office"
available = false
[[department]]
key = "help"
name = "Помощь"
language = "ru"
client_identity = "from"
requester_from_forward = false
private_without_client = true
[[gateway]]
address = "*@Пример.рф"
name = "Все"
language = "ru"
category = "rest"
when_disabled = "defer"
enabled = false
[[gateway]]
address = "Support@Example.com"
default = true
[[agent]]
name = "Анна"
address = "anna@staff.example.com"
aliases = ["A.Nowak@Example.net"]
departments = ["help"]
language = "ru"
notify = false
digest_minutes = 45
[[agent]]
address = "left@staff.example.com"
active = false
[[canned_reply]]
name = "received"
text = '''
We have it.

  Soon more.
'''
everyone = true
[[canned_reply]]
name = "received"
text = "Получили."
department = "help"
[[canned_reply]]
name = "mine"
text = "Мой ответ."
agent = "a.nowak@example.net"
[[from_address]]
address = "Sales@Example.com"
[[from_address]]
address = "Office@Пример.рф"
name = "Офис"
department = "help"
default = true
enabled = false
[from_address.smtp]
host = "SMTP.Пример.рф"
user = "office"
password = "hunter2"
"""


def test_every_value_arrives_and_addresses_are_normalised() -> None:
    settings = settings_of(WHOLE)
    assert organisation(settings) == Organisation(
        desk=Desk(
            name="Example",
            hostname="desk.example.com",
            language="pl",
            reply_address="reply@xn--e1afmkfd.xn--p1ai",
            secrets=(SECRET.encode(), SECRET[::-1].encode()),
            bounce_domain="bounces.example.com",
            route_by=("to",),
            show_agent_name=False,
            command_languages=("pl", "ru"),
            command_words=(("closed", ("gotowe", "po wszystkim")), ("tags", ())),
            command_position="anywhere",
            receipts="always",
            client_identity="reply-to",
            requester_from_forward=True,
            private_without_client=True,
            merge_across_clients=True,
            unknown_clients="hold",
            notify_recipients="never",
            token_days=7,
            base_url="https://desk.example.com/help",
            file_links=True,
        ),
        departments=(
            Department("back-office", "Back-office", available=False),
            Department("help", "Помощь", language="ru", client_identity="from", requester_from_forward=False, private_without_client=True),
        ),
        # Exact addresses before catch-alls, and into the first department that serves clients.
        gateways=(
            Gateway("support@example.com", "Example", "help", default=True),
            Gateway("*@xn--e1afmkfd.xn--p1ai", "Все", "help", enabled=False, language="ru", category="rest", when_disabled="defer"),
        ),
        agents=(
            Agent(
                "Анна",
                "anna@staff.example.com",
                ("help",),
                ("a.nowak@example.net",),
                language="ru",
                notify=False,
                digest=timedelta(minutes=45),
            ),
            Agent("left", "left@staff.example.com", ("back-office", "help"), active=False),
        ),
        canned_replies=(
            CannedReply("received", "We have it.\n\n  Soon more.", everyone=True),
            CannedReply("received", "Получили.", department="help"),
            # An agent's address, whichever of theirs the file names.
            CannedReply("mine", "Мой ответ.", agent="anna@staff.example.com"),
        ),
        from_addresses=(
            FromAddress("sales@example.com", "Example"),
            FromAddress(
                "office@xn--e1afmkfd.xn--p1ai",
                "Офис",
                department="help",
                default=True,
                enabled=False,
                server=FromServer("smtp.xn--e1afmkfd.xn--p1ai", 587, "starttls", "office", "hunter2"),
            ),
        ),
        trust=Trust(("192.0.2.7/32", "2001:db8::/32"), "mx.example.com", ("example.net",), ("10.0.0.0/8", "stdin"), "token"),
        budget=Budget(per_address_hour=2),
    )
    assert ours(settings) == Ours(
        addresses=("support@example.com", "*@xn--e1afmkfd.xn--p1ai", "reply@xn--e1afmkfd.xn--p1ai"),
        names=("Example", "Все"),
        domains=("desk.example.com", "example.com", "xn--e1afmkfd.xn--p1ai", "bounces.example.com"),
    )


def test_a_restored_configuration_is_the_same_desk() -> None:
    settings = settings_of(WHOLE)
    assert organisation(Settings.restore(settings.dump())) == organisation(settings)


def test_a_key_to_sign_with_says_what_to_publish() -> None:
    [key] = dkim_keys(settings_of(f"{SMALLEST}[[dkim]]\ndomain = 'Пример.рф'\nselector = 'Desk.2026'\nkey = '''{ED25519}'''").dkim)
    assert (key.name, key.kind) == ("desk.2026._domainkey.xn--e1afmkfd.xn--p1ai", "ed25519")
    assert key.record.startswith("v=DKIM1; k=ed25519; p=")
    assert len(key.public) == 44


@pytest.mark.parametrize(
    ("written", "expected"),
    [('["192.0.2.7"]', ("192.0.2.7",)), ('["2001:DB8::0:7", "_SPF.example.net."]', ("2001:db8::7", "_spf.example.net"))],
)
def test_where_letters_come_from_is_addresses_and_domains(written: str, expected: tuple[str, ...]) -> None:
    assert settings_of(f"{SMALLEST}[outbound]\nsends_from = {written}").outbound.sends_from == expected


@pytest.mark.parametrize("site", ["http://127.0.0.1:4711", "http://[::1]:4711"])
def test_where_the_pages_listen_is_no_word_on_how_the_world_sees_them(site: str) -> None:
    settings = settings_of(f'{SMALLEST}[web]\nlisten = "127.0.0.1:0"\n[desk]\nsecret = "{SECRET}"').seen_at(site)
    restored = Settings.restore(settings.dump())
    assert (restored.web.url, restored.web.base_url) == (site, None)
    desk = organisation(restored).desk
    assert (desk.base_url, desk.file_links) == (site, False)
