"""What every place for tokens does: keeps what they hash to, finds them by it, ends them for good."""

from collections.abc import Callable

from sunsift.tokens import PREFIX, Scope, Tokens, made, recognised

NOW = 1_767_225_600_000
LATER = NOW + 86_400_000


class TokensContract:
    """Subclasses give the fixture `tokens`; `other`, another connection to the same; and `everything`,
    which returns the bytes of all that is kept.
    """

    def test_a_token_is_found_by_what_it_hashes_to(self, tokens: Tokens, other: Tokens) -> None:
        text, token = made("billing", {Scope.READ, Scope.INGEST}, NOW, LATER)
        tokens.add(token)
        assert other.find(token.digest) == token == other.get(token.id)
        assert recognised(other, text, NOW) == token

    def test_nobody_else_is_recognised(self, tokens: Tokens) -> None:
        text, token = made("billing", {Scope.READ}, NOW, None)
        stranger, _ = made("stranger", {Scope.READ}, NOW, None)
        tokens.add(token)
        for wrong in ("", PREFIX, stranger, text[:-1], text + "A", text.upper(), " " + text, token.id, "\0"):
            assert recognised(tokens, wrong, NOW) is None
        assert tokens.find(b"") is None
        assert tokens.get("nobody") is None

    def test_it_expires(self, tokens: Tokens) -> None:
        text, token = made("for a day", {Scope.READ}, NOW, LATER)
        tokens.add(token)
        assert recognised(tokens, text, LATER - 1) == token
        assert recognised(tokens, text, LATER) is None

    def test_it_is_revoked_for_good(self, tokens: Tokens, other: Tokens) -> None:
        text, token = made("billing", {Scope.READ}, NOW, None)
        tokens.add(token)
        assert tokens.revoke(token.id, NOW + 1)
        assert recognised(other, text, NOW + 2) is None
        assert tokens.revoke(token.id, NOW + 5), "twice is once"
        found = other.get(token.id)
        assert found is not None
        assert found.revoked_at == NOW + 1
        assert not tokens.revoke("nobody", NOW)

    def test_all_are_listed_in_the_order_of_their_making(self, tokens: Tokens, other: Tokens) -> None:
        assert tokens.every() == []
        kept = [made(f"number {n}", {scope}, NOW + n, None)[1] for n, scope in enumerate(Scope)]
        for token in reversed(kept):
            tokens.add(token)
        assert other.every() == kept

    def test_names_are_kept_as_they_are(self, tokens: Tokens) -> None:
        name = "Müller & Söhne's 'reader' \N{SUN WITH FACE}; DROP TABLE token"
        _, token = made(name, set(Scope), NOW, None)
        tokens.add(token)
        assert tokens.every() == [token]

    def test_the_token_itself_is_nowhere(self, tokens: Tokens, everything: Callable[[], bytes]) -> None:
        text, token = made("billing", {Scope.READ}, NOW, None)
        tokens.add(token)
        kept = everything()
        assert token.digest in kept
        assert text.removeprefix(PREFIX).encode() not in kept
        assert text not in repr(token)
        assert token.digest.hex() not in repr(token)
