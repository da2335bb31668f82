"""The orders of every engine, page after page."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, islice, permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import engines
from search.engines.base import ORDERS, Ask, Scope, Wording
from tests.search.contract.asking import keys

pytestmark = pytest.mark.django_db


# Each example of a property has documents of its own.
examples = count()


@pytest.mark.parametrize(
    ("order", "best"),
    [("rising", "1"), ("backed", "2"), ("discussed", "3"), ("new", "4")],
)
def test_each_order_has_its_first(engine, write, told, order, best):
    write("1", "A", rising=9.0)
    write("2", "B", backed=0.9)
    write("3", "C", comments=9)
    write("4", "D")
    told()
    assert keys(engine.lexical(Ask(order=order)))[0] == best


def test_the_draw_is_the_same_for_a_seed_and_another_for_the_next(engine, write, told):
    for number in range(30):
        write(str(number), f"Idée {number}")
    told()
    one, again, other = (
        keys(engine.lexical(Ask(order="discover", seed=seed))) for seed in ("a", "a", "b")
    )
    assert one == again
    assert one != other


def test_the_draw_prefers_what_few_have_read(engine, write, told):
    for number in range(20):
        write(str(number), f"Idée {number}", exploration=8.0 if number < 10 else 1.0)
    told()
    first = [keys(engine.lexical(Ask(order="discover", seed=str(n))))[0] for n in range(200)]
    # 8 to 1, ten of each: 178 of 200 expected.
    assert 160 < sum(int(key) < 10 for key in first) < 195


def pages(engine, ask, between=lambda: None):
    """All keys in the order in which pages show them, something happening between two pages."""
    after = ""
    while True:
        page = engine.lexical(Ask(**{**vars(ask), "after": after}))
        yield from keys(page)
        after = page.next
        if not after:
            return
        between()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    values=st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=1, max_size=12),
    size=st.integers(1, 5),
    order=st.sampled_from([order for order in ORDERS if order != "relevance"]),
    new=st.lists(st.sampled_from([-1.0, 1.0, 3.0]), max_size=3),
)
def test_pages_neither_repeat_nor_miss_while_documents_come(
    engine, write, told, values, size, order, new
):
    theme = f"example-{next(examples)}"

    def add(name, value):
        numbers = {"rising": value, "backed": value, "comments": int(value) + 1}
        write(f"{theme}-{name}", "Un guichet", theme=theme, **numbers)
        return f"{theme}-{name}"

    old = {add(f"old{number}", value) for number, value in enumerate(values)}
    told()
    coming = enumerate(new)

    def insert():
        for number, value in islice(coming, 1):
            add(f"new{number}", value)
            told()

    ask = Ask(Wording("guichet"), Scope({"theme": [theme]}), order=order, size=size, seed="s")
    shown = list(pages(engine, ask, insert))
    assert len(shown) == len(set(shown))
    assert {key for key in shown if "-old" in key} == old


STRANGE = """
    x 1.0 nan:1 inf:1 Infinity:1 -inf:1 1e999:1 1e30:5 9223372036854775808:5 0x1p0:-5 é:é ١:1 1_0:1
    1:1_0 1:9223372036854775808 1:-99999999999999999999 0.8341:T-12 1:2:3 : 1: :1
"""


@pytest.mark.parametrize("order", ORDERS)
def test_a_cursor_that_no_page_gave_out_is_the_first_page(engine, write, told, order):
    write("1", "A")
    told()
    for cursor in (*STRANGE.split(), "1:1\n", " 1:1", "1\0:1", "1" * 5000):
        assert keys(engine.lexical(Ask(order=order, after=cursor))) == ["1"]


@pytest.mark.elasticsearch
@pytest.mark.parametrize("order", [order for order in ORDERS if order != "relevance"])
def test_a_list_goes_on_where_it_was_when_another_engine_answers(elastic, write, told, order):
    for number in range(40):
        same = {"rising": number // 4 / 7, "backed": number // 4 / 3, "comments": number // 4}
        when = datetime(2026, 5, 1, 8, 0, number // 4, 123456, tzinfo=UTC)
        write(str(number), "Un guichet", exploration=1 + number / 9, published_at=when, **same)
    told()
    for one, other in permutations((elastic, engines.fallback())):
        ask = Ask(Wording("guichet"), order=order, size=14, seed="s")
        first = one.lexical(ask)
        going_on = replace(ask, after=first.next, size=40)
        rest = other.lexical(going_on)
        assert keys(rest) == keys(one.lexical(going_on))
        assert sorted(keys(first) + keys(rest), key=int) == [str(n) for n in range(40)]
