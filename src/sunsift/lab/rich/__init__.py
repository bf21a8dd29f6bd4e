"""A rich fleet: panels by pvlib, under the real weather of a region, on homes with real load."""
