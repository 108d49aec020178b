"""For plugin authors: the contract each plugin must pass, and a scripted model server."""
