"""The parent process of `deskgate serve` and the child's end of the line to it.

The parent binds sockets, owns the embedded database, keeps a child in every slot and hands the configuration on; it serves nobody itself.
It knows roles by name and entry point only, so nothing here imports a room: `gateway.app` composes both sides.
"""
