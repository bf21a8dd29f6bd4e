"""What every Topic does: hints reach whoever works on their channel."""

from collections.abc import Callable

from sunsift.ports import PREDICT, WAKE, Topic

Take = Callable[[str, int], list[str]]


class TopicContract:
    """Subclasses give `topic` and `take` (channel, limit -> hints), which is how its workers get them."""

    def test_hints_reach_their_channel(self, topic: Topic, take: Take) -> None:
        topic.publish(PREDICT, ["a", "b"])
        topic.publish(WAKE, [""])
        topic.publish(PREDICT, ["c"])
        assert sorted(take(PREDICT, 10)) == ["a", "b", "c"]
        assert take(WAKE, 10) == [""]

    def test_no_more_than_the_limit_is_taken(self, topic: Topic, take: Take) -> None:
        topic.publish(PREDICT, ["a", "b", "c"])
        first = take(PREDICT, 2)
        assert len(first) <= 2
        assert sorted([*first, *take(PREDICT, 2), *take(PREDICT, 2)]) == ["a", "b", "c"]

    def test_an_empty_channel_gives_nothing(self, topic: Topic, take: Take) -> None:
        topic.publish(PREDICT, [])
        assert take(PREDICT, 10) == []
