"""The words of Sunsift as plain values and pure functions: no I/O, no clock, numpy only."""
