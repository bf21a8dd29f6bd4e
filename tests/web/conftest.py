"""What the tests of the server share."""

from tests.support.web import client, site

__all__ = ["client", "site"]
