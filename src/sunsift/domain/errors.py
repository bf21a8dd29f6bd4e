"""What can go wrong, in words that say what to do next."""


class SunsiftError(Exception):
    """The root of every error that Sunsift raises on purpose; its text is meant for people."""


class UnusableMessageError(SunsiftError):
    """A message that cannot become a packet; it belongs in quarantine, whole.

    `code` is a short stable word for counting and filtering, the text is the reason for people.
    """

    def __init__(self, code: str, reason: str, house_id: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.house_id = house_id


class InvalidHouseError(SunsiftError):
    """A house registration whose values cannot be true."""


class InvalidFeedbackError(SunsiftError):
    """Feedback of a visit that cannot be meant so."""


class InvalidSunlightError(SunsiftError):
    """A file of irradiance whose values cannot be used."""


class UnknownHouseError(SunsiftError):
    """Nobody registered this house."""


class InvalidCursorError(SunsiftError):
    """A cursor that no page of this listing ended with."""


class StoreError(SunsiftError):
    """The store cannot read or write now: the disk is full, read-only, locked or damaged."""


class SettingsError(SunsiftError):
    """A setting has a value that cannot be used."""


class MissingExtraError(SunsiftError):
    """A feature was asked for whose optional packages are not installed."""
