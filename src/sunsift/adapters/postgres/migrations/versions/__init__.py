"""One file a revision. What was released never changes: a change is a further file."""
