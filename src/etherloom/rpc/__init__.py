"""The catalog of administration calls, its codecs, dispatch and client."""
