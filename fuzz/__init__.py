"""Fuzzing of the parsers that are written in Python; `run.py` runs it, `corpus` keeps what it found."""
