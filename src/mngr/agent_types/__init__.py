"""Plugins: how a program is started, read and spoken to."""
