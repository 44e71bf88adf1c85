"""What letters are from: `choice` picks From, Reply-To and the way out (pure), `verifying` sends and takes codes, `proving` knows which
From addresses are proven. `outgoing`, `record` and `change` call them, and so do the commands and the worker that watch senders."""
