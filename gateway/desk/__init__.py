"""What a message means and what it changes. `process.process` handles one message in one short transaction; `change.change` is the
door for the command line, the web and the schedule.

`decide` and what it calls (`route`, `identify`, `thread`, `authority`, `from_agents`, `from_clients` …) are pure; `gather` reads facts,
`record` writes the steps. Rooms within: `commands` (what agents order by mail), `rules` (what the desk does by itself), `forwarding`
(whether outside mailboxes reach us), `senders` (what letters are from). docs/flow.md tells in which order they are walked.
"""
