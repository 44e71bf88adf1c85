"""Several machines, played by `serve`s that know nothing of each other but the database: behind the balancer of deploy/compose, and with
the roles split between them. One of them is killed under load."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.auth.nameserver import name_server
from tests.deploy.manifests import DEPLOY
from tests.faults.load import Load, load
from tests.faults.service import PATIENCE, UNBOUNDED, Service
from tests.ingress.smtp_client import Client
from tests.journeys.running import letter, write_config
from tests.peers.haproxy import haproxy, relocated
from tests.peers.ports import free_ports
from tests.peers.smtp_peer import SmtpPeer
from tests.processes.harness import alive, parent, until

pytestmark = pytest.mark.timeout(300)

BALANCER = (DEPLOY / "compose" / "haproxy.cfg").read_text()
CONNECTIONS = 4
PAUSE = 0.2
"""Seconds between two mails of a connection: enough that some are in every state when a node dies."""
RETAKEN_WITHIN = 60.0
"""Seconds. CONTRACT says 30 of a dead process's leases, which last 20 and are looked for every 5; a busy machine may take its time."""
ON_THE_WIRE = CONNECTIONS
"""Letters whose final dot may be answered in the moment in which their sender is killed: few, and counted."""


class Node(Service):
    """A machine: the roles that run on it, in a directory of its own."""

    roles: tuple[str, ...] = ()

    async def start(self) -> None:
        command = ["-m", "gateway", "serve", "--config", str(self.config), *(word for role in self.roles for word in ("--role", role))]
        self.process = await self._life.enter_async_context(parent(command, self.config.parent))
        ready = await self.process.ready()
        self.smtp, self.web = address(ready.get("smtp", ":0")), ready.get("web", "")

    def kill(self, _slot: str = "") -> None:  # type: ignore[override]
        """The whole machine at once, as a power cut does: the children go with their parent."""
        self.process.signal(signal.SIGKILL)


def address(told: str) -> tuple[str, int]:
    host, _, port = told.rpartition(":")
    return host, int(port)


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one node: what runs on it, where it listens, and more lines of `[server]` and `[web]`."""

    roles: tuple[str, ...] = ()
    smtp: str = "127.0.0.1:0"
    pages: str = "127.0.0.1:0"
    server: str = ""
    web: str = ""


@asynccontextmanager
async def nodes(folder: Path, url: str, relay: SmtpPeer, *layouts: Layout) -> AsyncIterator[list[Node]]:
    """Started at the same time."""
    async with AsyncExitStack() as life:
        dns = await life.enter_async_context(name_server({}))
        made = []
        for number, layout in enumerate(layouts):
            place = folder / f"node{number}"
            place.mkdir()
            config = write_config(place, url, relay.url, dns.port, server=layout.server, web=layout.web, tables=UNBOUNDED)
            text = config.read_text().replace('listen = ["127.0.0.1:0"]', f'listen = ["{layout.smtp}"]')
            config.write_text(text.replace('listen = "127.0.0.1:0"', f'listen = "{layout.pages}"'))
            node = Node(config, relay, url)
            node.roles = layout.roles
            life.push_async_callback(node.end)
            life.push_async_callback(node.engine.dispose)
            made.append(node)
        await asyncio.gather(*(each.start() for each in made))
        yield made


async def all_done(desk: Service, clients: Load, *besides: str) -> None:
    """Each acknowledged mail has become one ticket, and its letters have gone; of letters, none came twice that is not counted."""
    await desk.settled(len(clients.acknowledged) + len(besides), PATIENCE)
    await desk.quiet(PATIENCE)
    found = Counter(each["subject"] for each in await desk.rows("SELECT subject FROM tickets"))
    # What was committed in the moment of a death, and could not be acknowledged, came again, and is known as the same.
    wanted = Counter([*clients.acknowledged, *besides])
    assert not wanted - found, f"lost: {wanted - found}"
    assert found == wanted, f"twice, or of nobody: {found - wanted}"
    assert await desk.repeated_letters() <= ON_THE_WIRE


async def until_retaken(desk: Service, since: float) -> None:
    """No lease of a process that is dead is left; asserts that this is so soon enough."""
    held = """SELECT leased_by FROM inbound_messages WHERE state = 'leased' UNION
              SELECT leased_by FROM outbox_messages WHERE state = 'leased'"""
    while dead := [each["leased_by"] for each in await desk.rows(held) if not alive(int(each["leased_by"].split("/")[-2]))]:
        assert time.monotonic() - since < RETAKEN_WITHIN, f"{dead} {await desk.waiting()}"
        await asyncio.sleep(0.2)


async def test_behind_the_balancer_one_of_two_gateways_is_killed_and_mail_goes_on(
    tmp_path: Path, database_url: str, relay: SmtpPeer
) -> None:
    """The configuration of deploy/compose, on addresses of this machine."""
    smtp, web, at_smtp, at_smtps, at_pages = free_ports(5)
    hosts = {"gateway-one": "127.0.0.11", "gateway-two": "127.0.0.12"}
    binds = {2525: at_smtp, 4465: at_smtps, 8080: at_pages}
    text = relocated(BALANCER, hosts, {2525: smtp, 4465: smtp, 8025: web}, binds, "127.0.0.1")
    layouts = [
        Layout((), f"{host}:{smtp}", f"{host}:{web}", 'proxies = ["127.0.0.1"]', f'base_url = "http://127.0.0.1:{at_pages}"')
        for host in hosts.values()
    ]
    async with nodes(tmp_path, database_url, relay, *layouts) as (one, two):
        with haproxy(tmp_path, text):
            two.smtp = "127.0.0.1", at_smtp
            await until_both_take_mail(two.smtp)
            await from_afar(two)
            await until_pages(at_pages)
            assert [await status(at_pages, path) for path in ("/rate/x", "/healthz", "/metrics", "/preview/x/y")] == [404] * 4
            async with load(two, connections=CONNECTIONS, pause=PAUSE) as clients:
                await clients.until_acknowledged(4 * CONNECTIONS)
                one.kill()
                died = time.monotonic()
                await clients.until_acknowledged(4 * CONNECTIONS)
            await until_retaken(two, died)
            await all_done(two, clients, "From afar")
        shared_out = (tmp_path / "haproxy.log").read_text()
        assert "smtp/one" in shared_out
        assert "smtp/two" in shared_out


async def test_with_the_roles_split_the_node_that_takes_mail_is_killed_and_comes_back(
    tmp_path: Path, database_url: str, relay: SmtpPeer
) -> None:
    [port] = free_ports(1)
    layouts = Layout(("listener", "intake"), f"127.0.0.1:{port}"), Layout(("sender", "web"))
    async with nodes(tmp_path, database_url, relay, *layouts) as (front, back):
        assert (front.web, back.smtp[1]) == ("", 0)
        pages = address(back.web)[1]
        async with load(front, connections=CONNECTIONS, pause=PAUSE) as clients:
            await clients.until_acknowledged(4 * CONNECTIONS)
            shared_out = [["intake-0", "listener-0"], ["sender-0", "web-0"]]
            await until(lambda: [sorted(each.process.children()) for each in (front, back)] == shared_out, PATIENCE)
            front.kill()
            died = time.monotonic()
            await front.end()
            assert await status(pages, "/readyz") == 200, "another node's listeners are another node's"
            await front.start()
            await clients.until_acknowledged(2 * CONNECTIONS)
        await until_retaken(front, died)
        await all_done(front, clients)
        assert await front.repeated_letters() == 0, "no sender was killed"


async def until_both_take_mail(at: tuple[str, int]) -> None:
    """As often one after another as the balancer, which shares connections out evenly, needs for both."""
    greetings = 0
    async with asyncio.timeout(PATIENCE):
        while greetings < 4:
            try:
                async with Client(at[1], at[0]) as client:
                    greetings = greetings + 1 if (await client.reply()).startswith("220") else 0
            except ConnectionError:  # it is still starting
                await asyncio.sleep(0.05)


async def until_pages(port: int) -> None:
    """The balancer looks at the pages' servers by itself, not when it looks at those of mail."""
    async with asyncio.timeout(PATIENCE):
        while await status(port, "/rate/x") == 503:
            await asyncio.sleep(0.1)


async def from_afar(desk: Service) -> None:
    """Mail through the balancer is its client's, not the balancer's."""
    host, port = desk.smtp
    mail = letter("anna@client.test", "support@desk.test", "From afar")
    async with Client(port, host, source="127.0.0.77") as client:
        await client.hello()
        assert (await client.message(mail.as_bytes().replace(b"\n", b"\r\n") + b".\r\n", "support@desk.test")).startswith("250")
    [row] = await desk.settled(1, PATIENCE)
    [shown] = await desk.rows("SELECT peer ->> 'address' AS address FROM inbound_messages")
    assert shown["address"] == "127.0.0.77"
    assert b"127.0.0.77" in (await desk.raw(row["id"])).partition(b"\r\n\r\n")[0]


async def status(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: desk.test\r\nConnection: close\r\n\r\n".encode())
    line = (await reader.readline()).decode()
    writer.close()
    return int(line.split()[1])
