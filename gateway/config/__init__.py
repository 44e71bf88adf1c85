"""The configuration: one TOML file, one frozen model a section, every fault named at once.

`load` finds and reads the file, and does all the I/O there is; `checks` compares sections with one another; `convert` makes the values that
the other rooms take. Only `app` and `cli` may import this room: everybody else is handed values.
"""
