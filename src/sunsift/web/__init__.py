"""The API and the pages, in one server; the command line starts it."""
