from pieces.memory import Memory


def test_what_was_wanted_last_stays():
    memory = Memory[str](2, 60)
    memory.keep("a", "A")
    memory.keep("b", "B")
    assert memory.get("a") == "A"
    memory.keep("c", "C")
    assert [memory.get(name) for name in "abc"] == ["A", None, "C"]


def test_nothing_stays_longer_than_it_may(monkeypatch):
    memory = Memory[str](2, 60)
    memory.keep("a", "A")
    monkeypatch.setattr("pieces.memory.monotonic", lambda: float("inf"))
    assert memory.get("a") is None
