"""The Store, Records and Coordinator doors on PostgreSQL, for many workers at once."""
