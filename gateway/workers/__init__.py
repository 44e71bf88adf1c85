"""What works by itself, again and again, until it is told to stop: one claim, one unit of work, one visible transaction.

`loop` is the loop over a queue that `intake` and `sender` share: `places` and `recorder` are the sender's, `wake` tells the others that
there is work. `poller` looks into mailboxes. `schedule` runs periodic jobs, of which `senders` and `forwarding` are two. Each is handed
what it works with by `app`, and calls the rooms; errors of theirs become another attempt here, or the end of the attempts.
"""
