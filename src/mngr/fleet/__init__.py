"""Everything that exists now, as reached from here."""
