"""The `deskgate` command. `main` reads the arguments; each command is a module that is imported when it is called.

Edges are here: what went wrong below becomes an exit status and a sentence on stderr.
"""
