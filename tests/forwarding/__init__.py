"""Forwarding that is proven: probes through a real Postfix, and what a forward hides."""
