"""Sunsift finds poorly performing rooftop solar systems from net meter data alone."""

__version__ = "0.1.0"
