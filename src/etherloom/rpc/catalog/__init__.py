"""The catalog of administration calls: each described once, everything else derived from it.

The only place besides `wire` that knows wire names, which are often misspelled. Must not do anything.
"""
