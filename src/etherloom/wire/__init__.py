"""Pure codecs: bytes to records and back. No socket, clock, thread or randomness."""
