"""Loading plugins by name, when asked."""
