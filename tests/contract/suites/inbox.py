"""What every Inbox does: nothing is lost until it was deleted."""

from collections.abc import Callable, Sequence

from sunsift.parcels import Message
from sunsift.ports import Inbox

OpenInbox = Callable[[Sequence[bytes]], Inbox]
BODIES = [b'{"n": %d}' % n for n in range(10)]


def drain(inbox: Inbox, limit: int) -> list[Message]:
    """Take and delete until nothing comes any more."""
    taken: list[Message] = []
    while messages := inbox.receive(limit):
        taken += messages
        inbox.delete(messages)
    return taken


class InboxContract:
    """Subclasses give `open_inbox`: an inbox in which these bodies wait.

    largest_body: the longest that the suite tries [bytes].
    """

    largest_body = 300_000

    def test_every_message_comes_whole_and_once(self, open_inbox: OpenInbox) -> None:
        bodies = [*BODIES, b"\xff\xfe not UTF-8", b"x" * self.largest_body, '"ü"'.encode()]
        taken = drain(open_inbox(bodies), 4)
        assert sorted(m.body for m in taken) == sorted(bodies)
        assert [m.problem for m in taken] == [None] * len(bodies)
        assert all(m.source for m in taken)

    def test_no_more_than_the_limit_is_taken(self, open_inbox: OpenInbox) -> None:
        assert 1 <= len(open_inbox(BODIES).receive(3)) <= 3

    def test_what_is_not_deleted_comes_again(self, open_inbox: OpenInbox) -> None:
        inbox = open_inbox(BODIES)
        first = inbox.receive(10)
        inbox.delete(first[:4])
        kept = {m.body for m in first[4:]}
        assert kept <= {m.body for m in drain(inbox, 10)}

    def test_deleting_again_is_harmless(self, open_inbox: OpenInbox) -> None:
        inbox = open_inbox(BODIES)
        first = list(inbox.receive(4))
        inbox.delete(first)
        inbox.delete(first)
        inbox.delete([])
        assert sorted(m.body for m in [*first, *drain(inbox, 4)]) == BODIES

    def test_depth_says_whether_anything_waits(self, open_inbox: OpenInbox) -> None:
        inbox = open_inbox(BODIES)
        assert inbox.depth() > 0
        drain(inbox, inbox.batch)
        assert inbox.depth() == 0
        assert inbox.batch >= 1
