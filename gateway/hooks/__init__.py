"""Webhooks: telling other systems what happened on tickets, by HTTP."""
