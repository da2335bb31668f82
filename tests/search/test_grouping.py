"""Groups out of pairs: everything in a group is directly like its middle."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from search.grouping import group_of, stars

keys = st.sampled_from("abcdefgh")
links = st.dictionaries(
    st.tuples(keys, keys).filter(lambda ends: ends[0] < ends[1]), st.floats(0.5, 1), max_size=20
).map(lambda found: [(one, other, p) for (one, other), p in found.items()])


def test_a_pair_is_a_group_of_two():
    assert stars([("a", "b", 0.9)]) == {"a": "a", "b": "a"}


def test_a_chain_of_weak_links_is_not_one_group():
    chain = [(a, b, 0.8) for a, b in zip("abcdefg", "bcdefgh", strict=False)]
    middles = stars(chain)
    assert len(set(middles.values())) >= 3
    assert middles["a"] != middles["h"]


def test_what_is_all_alike_is_one_group():
    middles = stars([(a, b, 0.9) for a, b in combinations("abcde", 2)])
    assert len(set(middles.values())) == 1


def test_a_document_between_two_groups_is_in_the_likelier_one():
    first = [("a", x, 0.9) for x in "bcd"]
    second = [("z", x, 0.9) for x in "wxy"]
    middles = stars([*first, *second, ("a", "m", 0.8), ("m", "z", 0.95)])
    assert middles["m"] == "z"
    assert group_of("m", "z", middles) == "z"
    assert group_of("a", "m", middles) == "a~m"


@given(links)
def test_every_document_is_linked_with_the_middle_of_its_group(found):
    known = {frozenset(link[:2]) for link in found}
    middles = stars(found)
    assert set(middles) == {key for link in found for key in link[:2]}
    for key, middle in middles.items():
        assert middles[middle] == middle
        assert key == middle or frozenset((key, middle)) in known


@given(links, st.randoms())
def test_the_order_of_the_pairs_does_not_matter(found, chance):
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert stars(shuffled) == stars(found)
