"""Outside shapes, read into packets and houses."""
