"""`/api/v1`, over real HTTP, on a real database."""
