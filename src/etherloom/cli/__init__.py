"""The etherloom command: a client of the catalog like any other."""
