"""All metrics that the pages may tell, by name, as the code makes them."""

from collections.abc import Iterable

from prometheus_client import REGISTRY
from prometheus_client.core import Metric

from gateway.app.web import Children
from gateway.supervisor.messages import RoleStanding, Standing
from gateway.telemetry import metrics
from gateway.web.queues import Waiting, families
from storage.measuring import Measured


class Control:
    """Of a web process that knows one other."""

    standing = Standing((RoleStanding("listener", 1, 1, 0, True),), configuration=1)


def names(families: Iterable[Metric]) -> set[str]:
    """As the text format has them: a counter ends with `_total`."""
    return {f"{each.name}_total" if each.type == "counter" else each.name for each in families}


MEASURED = Measured({("inbound", "queued"): 0.0}, False, 0, frozenset(), 0.0, 0, 0, 1, 100)

assert metrics.connections
KNOWN = frozenset(
    each
    for each in names((*REGISTRY.collect(), *Children(Control()).collect(), *families(Waiting(measured=MEASURED), 1000)))  # type: ignore[arg-type]
    if each.startswith("deskgate_")
)
