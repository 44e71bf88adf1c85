"""The schema's history, by alembic: one head, expand first and contract later. `run` is the door for `migrate`, `serve` and tests."""
