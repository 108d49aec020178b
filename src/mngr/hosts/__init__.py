"""Changing things on a host."""
