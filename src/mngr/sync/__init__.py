"""Files and commits, between here and a host."""
