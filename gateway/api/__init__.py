"""`/api/v1`: the desk for other systems, in CONTRACT's JSON. Only `app` mounts it."""
