"""`[[webhook]]` → the values that senders take."""

from gateway.config.settings import Settings
from gateway.domain.webhooks import Webhook, secret_of


def webhooks(settings: Settings, *, shadow: bool = False) -> tuple[Webhook, ...]:
    """None in shadow mode, which tells nobody of anything."""
    if shadow:
        return ()
    return tuple(
        Webhook(
            name=each.called,
            url=each.url,
            secrets=tuple(secret_of(one.get_secret_value()) for one in (each.secret, *each.old_secrets)),
            kinds=each.kinds,
            departments=each.departments,
            allow_private=each.allow_private,
            ca=None if each.ca is None else str(each.ca),
        )
        for each in settings.webhook
    )
