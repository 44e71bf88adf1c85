"""Measurements behind `deskgate bench`. `load` is a client that keeps many SMTP sessions busy; the other modules each measure one promise
with `measure(...) -> dict`."""
