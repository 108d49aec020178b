"""Seeing what agents do."""
