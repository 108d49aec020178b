"""A model that says what it is told to: the script in a user's message, played in three wire protocols."""
