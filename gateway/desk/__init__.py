"""What a message means and what it changes. `process.process` handles one message in one short transaction; `change.change` is the
door for the command line, the web and the schedule.

`route`, `identify`, `thread`, `authority` and `decide` are pure; `gather` reads the facts, `record` writes the steps.
"""
