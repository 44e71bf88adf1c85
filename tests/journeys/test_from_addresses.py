"""From which address letters come, and in which name (U5, U11, C3, O12, Z6, Z12)."""

from collections.abc import Mapping

import pytest

from tests.journeys.lending import Lender
from tests.journeys.running import letter, reply_to
from tests.journeys.telling import AS_DANA, by_ticket

DANA = "Dana Agent <dana@staff.test>"
FROM = """
[[from_address]]
address = "help@desk.test"
name = "Help of Support"
department = "support"
default = true
[[from_address]]
address = "unverified@elsewhere.test"
department = "sales"
default = true
"""


@pytest.mark.parametrize("show", [True, False])
async def test_letters_come_from_where_the_client_wrote_to_in_its_language(show: bool, lend: Lender) -> None:
    """U5, U11, C3, O12, Z6, Z12."""
    desk = f"show_agent_name = {str(show).lower()}"
    async with lend(desk=desk, tables=FROM) as gateway:
        languages: Mapping[str, tuple[str, str, str]] = {
            "support": ("Support Team", "## Please type", "en"),
            "pomoc": ("Zespół pomocy", "## Proszę pisać", "pl"),
            "help": ("Служба поддержки", "## Пожалуйста", "ru"),
            "sales": ("Sales Team", "## Please type", "en"),
        }
        for number, (to, (name, above, language)) in enumerate(languages.items(), 1):
            await gateway.take(letter(f"{to}@client.test", f"{to}@desk.test", f"To {to}"))
            [got] = await gateway.letters_to(f"{to}@client.test")
            author = got.message["From"].addresses[0]
            assert (author.display_name, author.addr_spec) == (name, f"{to}@desk.test")
            assert got.text.startswith(above)
            assert (await gateway.ticket(number))["language"] == language
        status, out, err = await gateway.command(
            "tickets", "new", "--client", "tel@client.test", "--subject", "By telephone", "--text", "Ring", *AS_DANA
        )
        assert (status, out) == (0, "#5\n"), err
        [by_telephone] = await gateway.letters_to("tel@client.test")
        assert by_telephone.message["From"].addresses[0].addr_spec == "support@desk.test", "C3: else the default gateway"
        status, out, err = await gateway.command(
            "tickets", "new", "--client", "tel2@client.test", "--subject", "T", "--text", "R", *AS_DANA, "--gateway", "pomoc@desk.test"
        )  # fmt: skip
        [by_telephone] = await gateway.letters_to("tel2@client.test")
        assert by_telephone.message["From"].addresses[0].addr_spec == "pomoc@desk.test"

        # An agent's reply: @from, else the department's default From address that we may use, else the ticket's gateway.
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        await gateway.take(reply_to(notified[1], DANA, "By the default."))
        await gateway.take(reply_to(notified[2], DANA, "By my choice.\n@from support@desk.test"))
        await gateway.take(reply_to(notified[4], DANA, "By the gateway."))
        assert (await gateway.command("tickets", "reply", "3", *AS_DANA, "--text", "From the terminal."))[0] == 0
        await gateway.quiet()
        froms = {to: gateway.relay.to(f"{to}@client.test")[-1].message["From"].addresses[0] for to in languages}
        assert {to: each.addr_spec for to, each in froms.items()} == {
            "support": "help@desk.test", "pomoc": "support@desk.test", "sales": "sales@desk.test", "help": "help@desk.test",
        }  # fmt: skip
        names = {to: each.display_name for to, each in froms.items()}
        if show:
            assert set(names.values()) == {"Dana Agent"}
        else:
            assert (names["pomoc"], names["sales"]) == ("Support Team", "Sales Team")
            assert not [each for each in gateway.relay.messages if each.recipients[0].endswith("@client.test") and b"Dana" in each.content]
        # The answer comes to us, wherever the reply came from.
        row = await gateway.take(reply_to(gateway.relay.to("support@client.test")[-1], "support@client.test", "Thanks."))
        assert (row["outcome"], row["ticket"]) == ("client_reply", 1)
