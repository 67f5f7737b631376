"""`make soak`: hours of load on our programs, with everything counted that may not grow."""
