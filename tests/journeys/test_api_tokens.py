"""A program with a token of the command line works with a gateway that serves, which has no operator of the console configured."""

import httpx

from tests.journeys.lending import Lender
from tests.journeys.running import letter

SCOPES = ("--scope", "tickets:write", "inbound:read")


async def test_a_token_is_made_used_listed_and_revoked(lend: Lender) -> None:
    async with lend() as gateway, httpx.AsyncClient(base_url=f"http://{gateway.web}/api/v1", trust_env=False, timeout=60) as client:
        made = await gateway.json("web", "token", "new", "the CRM", *SCOPES, "--days", "30")
        header = {"Authorization": f"Bearer {made['token']}"}
        assert (made["name"], made["scopes"], made["departments"]) == ("the CRM", ["inbound:read", "tickets:write"], None)
        await gateway.take(letter("anna@client.test", "support@desk.test"))
        await gateway.quiet()
        [ticket] = (await client.get("/tickets", headers=header)).json()["items"]
        shown = await gateway.json("tickets", "show", str(ticket["number"]))
        assert (await client.get(f"/tickets/{ticket['number']}", headers=header)).json() == shown, "the JSON of the command line"
        answered = await client.post(f"/tickets/{ticket['number']}/replies", headers=header, json={"text": "By the API."})
        assert answered.status_code == 201
        received = (await gateway.letters_to("anna@client.test", 2))[-1]
        assert "By the API." in received.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert (await client.get("/outbox", headers=header)).status_code == 403
        [listed] = await gateway.json("web", "token", "list")
        assert (listed["id"], listed["name"], "token" in listed) == (made["id"], "the CRM", False)
        assert listed["last_used_at"] is not None
        status, out, _ = await gateway.command("web", "token", "revoke", "the CRM")
        assert (status, out) == (0, f"token {made['id']} (the CRM): revoked\n")
        assert (await client.get("/tickets", headers=header)).status_code == 401
        assert await gateway.json("web", "token", "list") == []
        assert len(await gateway.json("web", "token", "list", "--all")) == 1
        told = [each["action"] for each in await gateway.json("audit", "list", "--action", "web.token")]
        assert told == ["web.token.revoke", "web.token.new"]


async def test_a_token_that_cannot_be_is_refused_with_the_remedy(lend: Lender) -> None:
    async with lend() as gateway:
        for arguments, status, why in (
            (("x", "--scope", "everything"), 2, "invalid choice"),
            (("x",), 2, "--scope"),
            ((" ", "--scope", "tickets:read"), 1, "a token's name has 1 to 100 characters"),
            (("x", "--scope", "tickets:read", "--department", "moon"), 1, "there is no department 'moon'; the configuration has"),
            (("x", "--scope", "tickets:read", "--as", "eve@evil.test"), 1, "eve@evil.test is not an agent; the configuration has"),
            (("x", "--scope", "tickets:read", "--expires", "2020-01-01"), 1, "is past"),
        ):
            got = await gateway.command("web", "token", "new", *arguments)
            assert (got[0], got[1]) == (status, ""), got
            assert why in got[2]
        status, out, err = await gateway.command("web", "token", "new", "x", "--scope", "tickets:read")
        assert (status, len(out.strip()), out.startswith("deskgate_")) == (0, 52, True)
        assert "keep it now" in err
        assert "there is a token 'x' already" in (await gateway.command("web", "token", "new", "x", "--scope", "tickets:read"))[2]
        assert "there is no token y" in (await gateway.command("web", "token", "revoke", "y"))[2]
        await gateway.command("web", "token", "revoke", "x")
        assert (await gateway.command("web", "token", "new", "x", "--scope", "tickets:read"))[0] == 0, "a revoked one's name is free"
