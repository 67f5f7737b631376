"""Use cases, one noun a file: the only writers of state and the only callers of the engine."""
