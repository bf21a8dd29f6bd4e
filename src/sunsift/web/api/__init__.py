"""The API, version 1: JSON for programs, bearer tokens, one file a subject."""
