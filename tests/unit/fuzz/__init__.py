"""The kept inputs of the fuzz targets, replayed."""
