"""Hosts that are containers, for the tests of this folder."""

from containers import containers

__all__ = ["containers"]
