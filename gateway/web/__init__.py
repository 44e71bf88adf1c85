"""The pages over HTTP: `app` assembles them, `server` runs them on sockets that the supervisor bound.

`health` says whether we live and take mail, `probes` and `queues` ask the database for it. `rating` is what clients see of us: `rated` does
what it says, `pages`, `words` and `picture` are how it looks, `forms` and `throttle` what it takes. `preview` shows operators how their
letters look.
"""
