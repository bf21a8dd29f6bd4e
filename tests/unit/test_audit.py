"""What the audit of dependencies says of what it was told."""

from tools.audit import judge

CLEAN = {"name": "jinja2", "version": "3.1.6", "vulns": []}
FLAWED = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
SKIPPED = {"name": "odd", "skip_reason": "not found"}


def test_a_known_flaw_fails_and_is_named() -> None:
    text, code = judge([CLEAN, FLAWED, SKIPPED], "", strict=False)
    assert code == 1
    assert "old 1.0: PYSEC-1, fixed in 1.1" in text
    assert "jinja2" not in text


def test_what_was_not_looked_up_is_not_called_clean() -> None:
    assert judge([CLEAN, SKIPPED], "", strict=True) == (
        "audit: nothing is known against 1 of 2 pinned packages", 0
    )  # fmt: skip


def test_an_audit_that_was_not_done_says_so_and_fails_if_it_must_be_done() -> None:
    for told in ([], [SKIPPED]):
        text, code = judge(told, "no network", strict=False)
        assert "NOT DONE" in text
        assert code == 0
        assert judge(told, "no network", strict=True)[1] == 1
