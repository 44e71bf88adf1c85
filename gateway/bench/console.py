"""How long each page of the operators' console takes with years of tickets behind it: a real `serve`, somebody who has logged in, and the
time from a page's request to its last octet."""

import re
import secrets
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from gateway.bench.console_fill import fill
from gateway.bench.serving import configuration, served
from gateway.deeds.passwords import hashed

NAME: Final = "bench"
TABLES: Final = """
[[department]]
key = "support"
name = "Support"
[[department]]
key = "sales"
name = "Sales"
[[web.operator]]
name = "{name}"
password = '{password}'
role = "admin"
"""
GATEWAYS: Final = "".join(
    f'[[gateway]]\naddress = "{name}@example.com"\nname = "{name.title()}"\ndepartment = "{department}"\n'
    for name, department in (("sales", "sales"), ("help", "support"))
)
AGENTS: Final = "".join(f'[[agent]]\nname = "Agent {each}"\naddress = "agent{each}@staff.example.com"\n' for each in range(5))


def pages(tickets: int) -> Mapping[str, str]:
    """By what each is called in the figures: the pages, and of the list of tickets each kind of filter and of search."""
    client, recent = tickets // 8 + 1, tickets - 3
    searches = {
        "search_one_ticket": f"order {100000 + tickets // 2}",
        "search_address": f"client{client}@firm{client % 5000}.test",
        "search_number": f"#{recent}",
        "search_common_english": "invoices",
        "search_common_russian": "счета",
        "search_common_polish": "faktury",
        "search_phrase": '"black after the restart"',
        "search_beginning": "confirm*",
        "search_never_together": "technician paczka",
        "search_nothing": "chrysanthemum",
    }
    tickets_by = {
        "tickets": "",
        "tickets_all": "status=all",
        "tickets_by_status": "status=spam",
        "tickets_by_department": "department=sales&status=all",
        "tickets_by_assignee": "assignee=agent1@staff.example.com&status=all",
        "tickets_by_nobody": "assignee=nobody",
        "tickets_by_tag": "tag=vip&status=all",
        "tickets_by_client": f"client={client}",
        "tickets_by_gateway": "gateway=help@example.com&status=all",
        "tickets_waiting_longest": "order=waiting",
        "tickets_newest": "order=number&status=all",
    } | {name: f"q={quote(words)}" for name, words in searches.items()}
    return (
        {"inbound": "/inbound", "inbound_message": f"/inbound/{tickets // 500 * 500}"}
        | {name: f"/tickets?{query}" for name, query in tickets_by.items()}
        | {"ticket_new": "/tickets/new", "ticket": f"/tickets/{recent}"}
        | {"outbox": "/outbox", "outbox_all": "/outbox?state=all", "outbox_letter": f"/outbox/{2 * recent}"}
        | {"addresses": "/addresses", "why": "/why", "why_ticket": f"/why?q={recent}", "ratings": "/ratings", "health": "/health"}
        | {"audit": "/audit", "me": "/me"}
    )


async def measure(url: str, folder: Path, *, tickets: int = 100_000, rounds: int = 15) -> dict[str, Any]:
    """On a migrated database that is thrown away afterwards. A page counts by the median of its rounds, which take turns with those of all
    others; the first round warms up."""
    began = time.perf_counter()
    await fill(url, tickets)
    filled = time.perf_counter() - began
    password = secrets.token_urlsafe(16)
    config = configuration(folder, url, more=GATEWAYS + AGENTS + TABLES.format(name=NAME, password=hashed(password)))
    async with served(config, folder / "console.log", "listener", "web") as gateway:
        browser = Browser(gateway.web)
        with browser.open():
            browser.log_in(password)
            took = timed(browser, pages(tickets), rounds)
    medians = {name: round(statistics.median(seconds), 4) for name, seconds in took.items()}
    slowest = max(medians, key=lambda name: medians[name])
    return {
        "slowest_median_seconds": medians[slowest],
        "slowest_page": slowest,
        "median_seconds": round(statistics.median(medians.values()), 4),
        "tickets": tickets,
        "articles": 3 * tickets,
        "filling_seconds": round(filled, 1),
        "rounds": rounds,
        "pages": medians,
    }


def timed(browser: "Browser", asked: Mapping[str, str], rounds: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds + 1):
        for name, path in asked.items():
            began = time.perf_counter()
            status, _ = browser.get(path)
            if status != 200:
                raise RuntimeError(f"{path} was answered with {status}")
            if number:
                took[name].append(time.perf_counter() - began)
    return took


class Browser:
    """One kept connection, and its cookies. Nothing else happens in this process meanwhile: it may block."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._connection = HTTPConnection(host.strip("[]"), int(port), timeout=60)
        self._cookies: dict[str, str] = {}

    @contextmanager
    def open(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._connection.close()

    def log_in(self, password: str) -> None:
        _, page = self.get("/login")
        proof = re.search(r'name="csrf" value="([^"]*)"', page)
        if proof is None:
            raise RuntimeError("the page to log in at has no form")
        fields = {"csrf": unescape(proof[1]), "name": NAME, "password": password, "next": ""}
        status, _ = self._ask("POST", "/login", urlencode(fields))
        if status != 303:
            raise RuntimeError(f"nobody was let in: {status}")

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path)

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://{self._connection.host}:{self._connection.port}",
            }
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value.strip()
        return answer.status, text
