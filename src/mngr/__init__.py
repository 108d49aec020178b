"""mngr: git for agents."""

__version__ = "0.1.0"
