// Keeps open pages up to date while data flows.
