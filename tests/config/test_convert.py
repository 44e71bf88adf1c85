"""Settings → domain values, and the defaults that depend on other sections."""

from gateway.config.convert import organisation, ours
from gateway.config.settings import Settings
from gateway.domain.organisation import Agent, Budget, Department, Desk, Gateway, Organisation, Trust
from gateway.domain.ours import Ours
from tests.config.reading import SECRET, SMALLEST, settings_of


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
client_identity = "reply-to"
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
[[department]]
key = "back-office"
available = false
[[department]]
key = "help"
name = "Помощь"
language = "ru"
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
[[agent]]
address = "left@staff.example.com"
active = false
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
            client_identity="reply-to",
            unknown_clients="hold",
            notify_recipients="never",
            token_days=7,
        ),
        departments=(Department("back-office", "Back-office", available=False), Department("help", "Помощь", language="ru")),
        # Exact addresses before catch-alls, and into the first department that serves clients.
        gateways=(
            Gateway("support@example.com", "Example", "help", default=True),
            Gateway("*@xn--e1afmkfd.xn--p1ai", "Все", "help", enabled=False, language="ru", category="rest", when_disabled="defer"),
        ),
        agents=(
            Agent("Анна", "anna@staff.example.com", ("help",), ("a.nowak@example.net",), language="ru", notify=False),
            Agent("left", "left@staff.example.com", ("back-office", "help"), active=False),
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
