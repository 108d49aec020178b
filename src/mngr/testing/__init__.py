"""For plugin authors: the contract each plugin must pass."""
