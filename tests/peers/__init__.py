"""Tests against stock SoftEther programs, each end in a network namespace of its own."""
