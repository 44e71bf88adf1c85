"""Deployment: units, manifests and compose files against the product, nodes on one database, and the runbooks as scripts."""
