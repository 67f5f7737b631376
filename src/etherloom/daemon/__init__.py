"""Composition roots: they build everything and are imported by nobody."""
