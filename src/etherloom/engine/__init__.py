"""The only door to the compiled data path: facade, commands, events."""
