"""What commands never show."""

from sunsift.cli.hidden import secrets_of
from sunsift.settings import read_settings


def test_each_of_several_webhook_secrets_is_hidden() -> None:
    told = {
        "SUNSIFT_WEBHOOK_SECRET": "whsec_Zmlyc3Q= whsec_c2Vjb25k",
        "SUNSIFT_TO": "https://u:pass-word@r.example/?token=t0ken123",
    }
    assert set(secrets_of(read_settings(told))) == {
        "whsec_Zmlyc3Q=",
        "whsec_c2Vjb25k",
        "pass-word",
        "t0ken123",
    }
