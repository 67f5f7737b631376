//! Pure codecs of the data phase: the block stream and its compression.
