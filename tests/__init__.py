"""All tests; `tests.support` is the library they share."""
