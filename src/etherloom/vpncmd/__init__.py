"""Our vpncmd: the original's command line, against our servers and stock ones.

A client of the administration calls like any other: must not know services or state.
"""
