"""Users' stories by real SMTP against a real `deskgate serve` on a real PostgreSQL, told as sentences."""
