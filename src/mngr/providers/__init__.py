"""Plugins: where hosts come from."""
