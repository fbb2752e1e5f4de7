from saps.data.tasks.sharding import Collector, Made, Place

TRAIN, TEST = Place("train", 0), Place("test", 0)


def test_collector_takes_each_text_once_until_it_is_full() -> None:
    collector = Collector({TRAIN: 2})
    for text, program in (("a", "1"), ("a", "1"), ("a", "2"), ("b", "1"), ("c", "3")):
        collector.add(Made(text, program, TRAIN, f"{text}{program}".encode()))
    assert list(collector.lines("train")) == [b"a1", b"b1"]
    assert (collector.n_tasks, collector.n_programs) == (2, 1)
    assert not collector.wanted


def test_collector_fills_each_place_and_says_what_it_wants() -> None:
    later = Place("train", 1)
    collector = Collector({TRAIN: 1, later: 2, TEST: 1, Place("test", 1): 0})
    wanted = []
    for text, place in (
        ("a", later),
        ("b", TRAIN),
        ("c", TRAIN),  # there are enough
        ("d", Place("dev", 0)),  # is of another part
        ("e", TEST),
        ("f", later),
    ):
        assert collector.wanted
        wanted.append(collector.wanted)
        pairs = frozenset({f"{text} > x"}) if place == TEST else frozenset[str]()
        collector.add(Made(text, text, place, text.encode(), pairs))
    assert not collector.wanted
    assert wanted == [
        {TRAIN, later, TEST},
        {TRAIN, later, TEST},
        {later, TEST},
        {later, TEST},
        {later, TEST},
        {later},
    ]
    assert list(collector.lines("train")) == [b"b", b"a", b"f"]  # block by block
    assert list(collector.lines("test")) == [b"e"]
    assert collector.held_out == {"train": set(), "test": {"e > x"}}
