"""The values that every room shares: frozen, closed, without behaviour that touches the world. Any room may import them."""
