"""The nouns: frozen values, protocols and errors; no I/O."""
