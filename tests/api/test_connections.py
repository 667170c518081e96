"""Connections: whoever has waited for longest without asking goes first, whoever is being served stays, and time runs out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from api.engine.connections import Connections
from runtime.bounds import Bounds


@dataclass(eq=False)
class Fake:
    address: str | None = "192.0.2.1"
    left: int = 0
    ends: list[str] = field(default_factory=list)

    def unsent(self) -> int:
        return self.left

    def close(self) -> None:
        self.ends.append("closed")

    def make_way(self) -> None:
        self.ends.append("made way")

    def run_out_of_time(self) -> None:
        self.ends.append("out of time")


@dataclass
class Desk:
    """A book with a clock of its own."""

    bounds: Bounds
    now: float = 1_000.0
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.book = Connections(self.bounds, lambda bound: self.met.update([bound]), lambda: self.now)

    def opened(self, address: str | None = "192.0.2.1") -> Fake:
        made = Fake(address)
        if self.book.opened(made):
            self.book.trim()
        self.now += 1
        return made

    def asks(self, one: Fake) -> None:
        """Who is refused is answered at once."""
        if not self.book.asks(one):
            self.book.answered(one, begun=False)

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.book.sweep()


def test_the_one_that_has_waited_for_longest_makes_way_and_none_that_is_being_served() -> None:
    desk = Desk(Bounds(connections=4))
    served, first, sends, last = (desk.opened() for _ in range(4))
    desk.book.begins(served)
    assert desk.book.asks(served)
    desk.book.begins(sends)
    desk.now += 1
    gone = []
    for _ in range(3):
        desk.opened()
        gone += [name for name, one in (("first", first), ("last", last), ("sends", sends)) if one.ends]
    assert gone == ["first", "first", "last", "first", "last", "sends"]
    assert served.ends == []
    assert len(desk.book) == 4
    assert desk.met == {"connections": 3}


def test_newcomers_are_looked_at_together_so_that_one_who_has_asked_already_is_served() -> None:
    desk = Desk(Bounds(connections=3))
    asked, *mute = (Fake() for _ in range(5))
    assert [desk.book.opened(one) for one in (asked, *mute)] == [False, False, False, True, True]
    assert desk.book.asks(asked)
    desk.book.trim()
    assert [one.ends for one in (asked, *mute)] == [[], ["made way"], ["made way"], [], []]


def test_one_address_has_room_of_its_own_and_takes_no_other_s() -> None:
    desk = Desk(Bounds(connections=100, connections_per_address=3))
    other = desk.opened("192.0.2.2")
    strangers = [desk.opened() for _ in range(5)]
    assert [one.ends for one in strangers] == [["made way"], ["made way"], [], [], []]
    assert other.ends == []
    shared = [desk.opened(None) for _ in range(10)]  # a trusted proxy's
    assert not any(one.ends for one in shared)


def test_requests_beyond_all_but_the_reserve_are_refused_and_served_again_later() -> None:
    desk = Desk(Bounds(connections=40, connections_per_address=20))
    callers = [desk.opened() for _ in range(20)]
    assert [desk.book.asks(one) for one in callers] == [True] * 19 + [False]
    desk.book.answered(callers[0], begun=False)
    desk.book.answered(callers[19], begun=False)
    assert desk.book.asks(callers[19])
    others = [desk.opened(f"192.0.2.{n}") for n in range(2, 22)]
    assert [desk.book.asks(one) for one in others] == [True] * 19 + [False]


def test_time_runs_out_for_the_silent_and_for_who_sends_too_slowly() -> None:
    desk = Desk(Bounds(idle_seconds=30, head_seconds=8))
    mute, slow, served, again = (desk.opened() for _ in range(4))
    desk.book.begins(slow)
    for one in (served, again):
        desk.book.asks(one)
    desk.book.answered(again, begun=True)
    desk.passes(7)
    assert not any(one.ends for one in (mute, slow, served, again))
    desk.passes(2)
    assert (slow.ends, again.ends) == (["out of time"], ["out of time"])
    desk.passes(30)
    assert (mute.ends, served.ends) == (["closed"], [])
    assert len(desk.book) == 1


def test_a_byte_now_and_then_wins_no_time() -> None:
    desk = Desk(Bounds(head_seconds=8))
    slow = desk.opened()
    for _ in range(5):
        desk.book.begins(slow)
        desk.passes(2)
    assert slow.ends == ["out of time"]


def test_an_answer_that_is_not_taken_ends_the_connection_and_one_that_is_taken_slowly_does_not() -> None:
    desk = Desk(Bounds(idle_seconds=30))
    stuck, slow = desk.opened(), desk.opened()
    for one in (stuck, slow):
        desk.book.asks(one)
        one.left = 1_000
        desk.book.unread(one)
    for left in range(990, 900, -10):
        slow.left = left
        desk.passes(5)
    assert (stuck.ends, slow.ends) == (["closed"], [])


def test_answers_that_wait_take_so_much_memory_together_and_no_more() -> None:
    desk = Desk(Bounds(answer_megabytes=1))
    readers = [desk.opened() for _ in range(4)]
    for one in readers:
        desk.book.asks(one)
        one.left = 300_000
        desk.book.unread(one)
    desk.passes(1)
    assert [one.ends for one in readers] == [["closed"], [], [], []]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.sampled_from(["open", "begin", "ask", "answer", "close", "unread", "wait"])
        ),
        max_size=120,
    )
)
def test_in_any_order_no_bound_is_passed_and_nothing_is_kept_of_who_has_gone(
    acts: list[tuple[int, str]],
) -> None:
    desk = Desk(Bounds(connections=6, connections_per_address=3, idle_seconds=5, head_seconds=3))
    held: dict[int, Fake] = {}
    everybody: list[Fake] = []
    for n, act in acts:
        one = held.get(n)
        if act == "open" and one is None:
            held[n] = desk.opened(f"192.0.2.{n % 3}")
            everybody.append(held[n])
        elif act == "wait":
            desk.passes(1)
        elif one is not None:
            steps: dict[str, Callable[[Fake], object]] = {
                "begin": desk.book.begins,
                "ask": desk.asks,
                "answer": lambda c: desk.book.answered(c, begun=False),
                "close": desk.book.closed,
                "unread": desk.book.unread,
            }
            if act in steps:
                steps[act](one)
            if act == "close":
                del held[n]
        held = {n: one for n, one in held.items() if not one.ends}
        assert len(desk.book) == len(held) <= 6
        assert max(Counter(one.address for one in held.values()).values(), default=0) <= 3
        assert all(len(one.ends) <= 1 for one in everybody)
    for one in held.values():
        desk.book.closed(one)
    assert len(desk.book) == 0
