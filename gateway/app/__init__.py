"""The composition root: here configuration becomes values, and values become rooms that work together. `cli` calls it, nobody else.

`serve` composes the parent process of `deskgate serve`; `listener`, `intake`, `sender`, `poller` and `web` each compose a child, and import
no more than that child needs, since imports are most of the time to `ready`. `database` and `schema` are what parent and commands share.
"""
