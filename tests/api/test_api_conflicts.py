"""A change that met another transaction is made again from its beginning; whatever else goes wrong is not."""

import pytest

from gateway.deeds.transaction import ATTEMPTS, repeated
from tests.api.site import ApiSite, a_call


class ConflictError(Exception):
    sqlstate = "40001"


@pytest.mark.parametrize(("conflicts", "times"), [(0, 1), (1, 2), (ATTEMPTS - 1, ATTEMPTS)])
async def test_what_met_another_is_done_again(conflicts: int, times: int) -> None:
    tried = 0

    async def act() -> str:
        nonlocal tried
        tried += 1
        if tried <= conflicts:
            raise ConflictError
        return "done"

    assert (await repeated(act), tried) == ("done", times)


async def test_it_gives_up_after_a_few_times_and_at_once_where_it_is_no_conflict() -> None:
    tried = 0

    async def act() -> None:
        nonlocal tried
        tried += 1
        raise ConflictError if tried > 1 else ValueError

    with pytest.raises(ValueError):
        await repeated(act)
    with pytest.raises(ConflictError):
        await repeated(act)
    assert tried == 1 + ATTEMPTS


async def test_a_refused_change_is_undone_whole_and_recorded(site: ApiSite) -> None:
    program = await site.program()
    number = (await program.post("/clients", {"name": "Anna", "addresses": ["anna@client.test"]})).json["id"]
    await program.post("/tickets", a_call("bob@other.test"))
    refused = await program.patch(f"/clients/{number}", {"name": "Eve", "add_addresses": ["bob@other.test"]}, key="k")
    assert refused.problem == "refused"
    assert (await program.get(f"/clients/{number}")).json["name"] == "Anna", "the name was not changed either"
    assert await site.rows("SELECT 1 FROM api_answers WHERE key IS NOT NULL AND status = 200") == []
    assert await site.rows("SELECT action, result FROM audit_log WHERE result = 'refused'") == [("clients.change", "refused")]
