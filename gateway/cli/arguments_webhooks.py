"""The command line of webhooks: other systems that are told what becomes of tickets."""

from gateway.cli.arguments import Adder, group, how_many, identifier, line, moment
from gateway.domain.webhooks import DeliveryState


def webhooks(add: Adder) -> None:
    add = group(add, "webhooks", "other systems that are told what becomes of tickets")
    add("list", "webhooks:list_webhooks", "list webhooks, how they fare, and how much waits for each", as_json=True)
    shown = add("show", "webhooks:show", "show what a webhook was and is to be told, or one delivery with its words", as_json=True)
    shown.add_argument("which", metavar="NAME|ID", help="a webhook's name, or a delivery's number")
    shown.add_argument("--state", choices=[str(each) for each in DeliveryState], metavar="S", help=f"one of {', '.join(DeliveryState)}")
    shown.add_argument("--limit", type=how_many, default=50, metavar="N", help="how many deliveries at most (default: 50)")
    enabled = add("enable", "webhooks:enable", "tell a webhook again; what waited for it goes out at once", as_json=True)
    enabled.add_argument("name", metavar="NAME", help="its name, as `deskgate webhooks list` has it")
    disabled = add("disable", "webhooks:disable", "tell a webhook nothing until it is enabled", as_json=True)
    disabled.add_argument("name", metavar="NAME", help="its name, as `deskgate webhooks list` has it")
    disabled.add_argument("--why", type=line, default="an operator said so", metavar="TEXT", help="for whoever looks at the list")
    replayed = add("replay", "webhooks:replay", "have deliveries told again, whatever became of them", as_json=True)
    replayed.description = (
        "Has deliveries told again, in the same words and under the same message ids, so that a receiver that keeps the ids takes each "
        "event once. With --since: all events from then on, those that a webhook was never told of among them"
    )
    replayed.add_argument("ids", nargs="*", type=identifier, metavar="ID", help="deliveries, as `deskgate webhooks show` numbers them")
    replayed.add_argument("--since", type=moment, metavar="WHEN", help="from this day (or time) on; UTC where it has no zone")
    replayed.add_argument("--webhook", metavar="NAME", help="with --since: this one alone (default: all)")
    tested = add("test", "webhooks:test", "post a signed `webhook.test` to a webhook now, and say what it answers", as_json=True)
    tested.add_argument("name", metavar="NAME", help="its name, as `deskgate webhooks list` has it")
    add("secret", "webhooks:new_secret", "print a new secret for a webhook and its receiver")
