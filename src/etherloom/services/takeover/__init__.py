"""Configuration files of the original: taken over into the state, and written from it, a noun a file."""
