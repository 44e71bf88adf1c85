"""What works by itself, again and again, until it is told to stop: one claim, one unit of work, one visible transaction.

`loop` is the loop over a queue that `intake` and `sender` share; `wake` tells the others that there is work. The sender's are `outlet`, one
destination and the `places` at it, `budget` for the memory that files take, `carrier`, which brings a letter to its transport, and
`recorder`, which writes down what came of it. `poller` looks into mailboxes. `schedule` runs periodic jobs, of which `senders` and
`forwarding` are two. Each is handed what it works with by `app`, and calls the rooms; errors of theirs become another attempt here, or the
end of the attempts.
"""
