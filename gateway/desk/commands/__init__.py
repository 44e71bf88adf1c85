"""What an agent's lines that begin with `@` mean. PURE; `gateway.desk` alone calls it.

`grammar.parse_commands(text, vocabulary)` is the door: it takes the commands out of a reply (O9). `vocabulary` knows their words, a file a
language in `words/`; `command_line` reads one line, `wrapping` puts broken lines together again, `closings` knows a signature that nothing
marks, `spelling` says which spellings are the same, and `values` reads lists of addresses and of tags.
"""
