"""Tests of the handshake's machines, alone and against each other."""
