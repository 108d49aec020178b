"""Settings, their layers, and every path."""
