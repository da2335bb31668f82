"""How many, without who."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas import sketch

crowds = st.sets(st.integers(0, 100_000), max_size=300)


def marks(people):
    return [sketch.mark(hashlib.sha256(str(person).encode()).hexdigest()) for person in people]


def sketched(people):
    registers = sketch.empty()
    sketch.add(registers, marks(people))
    return registers


@given(crowds, crowds)
def test_the_union_is_the_sketch_of_all_together(some, others):
    together = sketch.union([sketched(some), sketched(others)])
    assert (together == sketched(some | others)).all()


@given(crowds)
def test_whoever_comes_again_changes_nothing(people):
    registers = sketched(people)
    sketch.add(registers, marks(people))
    assert (registers == sketched(people)).all()


@given(crowds, st.integers(0, 100_000))
def test_the_number_never_falls_when_somebody_comes(people, person):
    assert sketch.people(sketched(people | {person})) >= sketch.people(sketched(people))


@given(crowds)
def test_what_is_stored_is_read_back(people):
    registers = sketched(people)
    assert (sketch.unpacked(sketch.packed(registers)) == registers).all()


@pytest.mark.parametrize("many", [0, 1, 2, 5, 10])
def test_few_people_are_counted_exactly(many):
    assert sketch.people(sketched(range(many))) == many


@pytest.mark.parametrize("many", [100, 1_000, 10_000, 115_000])
def test_many_people_are_counted_within_three_standard_errors(many):
    assert sketch.people(sketched(range(many))) == pytest.approx(many, rel=3 * 1.04 / 32)


def test_a_mark_is_the_register_and_the_zeros_before_the_first_one():
    assert sketch.mark("0000000000000000") == 55
    assert sketch.mark("0020000000000000") == 1
    assert sketch.mark("ffc0000000000001") == 1_023 << 6 | 54
