"""The laboratory: make fleets whose truth is known, send them the hard way, and judge the verdicts."""
