"""What people and programs are shown, put together from the records: the same on every surface."""
