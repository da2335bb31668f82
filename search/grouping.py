"""Groups of documents that say the same, out of pairs. Pure.

Connected components alone chain: a is like b, b like c, and so on to z, which has nothing to do
with a. So a component is cut into stars: the document with the strongest links is a middle, and
what is linked with it directly is its group; what is left is cut the same way. Everything in a
group is thus as likely as the threshold asks to be the same as its middle, which is also what a
merge makes of it: one head, and members linked to it, never in a chain.

Source: Aslam, Pelekhov and Rus, "The Star Clustering Algorithm", Journal of Graph Algorithms and
Applications 8(1), 2004; links are weighed by their probability.
"""

from collections import defaultdict
from collections.abc import Iterable

Link = tuple[str, str, float]


def stars(links: Iterable[Link]) -> dict[str, str]:
    """For each document of the links, the middle of its group; in the middle itself, itself."""
    near: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for one, other, probability in links:
        near[one][other] = near[other][one] = probability
    strength = {key: sum(linked.values()) for key, linked in near.items()}
    middles = dict[str, str]()
    for key in sorted(near, key=lambda k: (-strength[k], k)):
        if key not in middles:
            members = [other for other in near[key] if other not in middles]
            middles |= dict.fromkeys([key, *members], key)
    return _nearest(middles, near)


def _nearest(middles: dict[str, str], near: dict[str, dict[str, float]]) -> dict[str, str]:
    """Each document in the group of the middle that it is most like."""
    centres = set(middles.values())
    return {
        key: key
        if key in centres
        else max(
            (other for other in near[key] if other in centres),
            key=lambda other: (near[key][other], other),
        )
        for key in middles
    }


def group_of(one: str, other: str, middles: dict[str, str]) -> str:
    """The group that a pair belongs to; alone where its two documents are in different ones."""
    if middles[one] == middles[other]:
        return middles[one]
    return f"{one}~{other}"
