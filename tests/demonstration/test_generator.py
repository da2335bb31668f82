"""The generated ideas: same input same rows, honest labels, French as staff would write it."""

import json
import re
from collections import Counter, defaultdict
from itertools import combinations, islice
from random import Random
from statistics import median

import pytest

from demonstration.generator import BLOCK, Proposals, grow, months, popularity
from demonstration.vocabulary import DIMENSIONS, GRAMMAR, needs, read
from demonstration.voice import Writer, join, stands_alone

THEMES = {
    "waiting", "complaints", "information", "delivery-notices", "parcels", "rounds", "sorting",
    "equipment", "digital-tools", "banking", "phone", "working-conditions", "welcome",
    "environment", "products",
}  # fmt: skip
MOMENTS = {
    "before-coming", "welcome", "waiting", "transaction", "leaving", "delivery", "collection",
    "complaint", None,
}  # fmt: skip
CHANNELS = {"counter", "round", "web", "phone", "chat", "bank-adviser", None}
PROFESSIONS = {
    "letter-carrier", "counter-clerk", "sorting-operator", "parcel-driver", "bank-adviser",
    "customer-service", "team-manager", "back-office", "technician",
}  # fmt: skip
TONES = {"plain", "angry", "warm", "funny", "long", "telegraphic"}
COLUMNS = [
    "key", "title", "body", "theme", "moment", "channel", "profession", "language", "tone",
    "group", "near_miss_of", "anonymous",
]  # fmt: skip
TRADEMARKS = re.compile(
    r"la poste\b(?! restante)|colissimo|chronopost|facteo|mediapost|pickup|docapost|digiposte"
    r"|banque postale|prêt-à-poster|lettre verte|amazon|google|whatsapp|facebook|vinted"
    r"|leboncoin|excel\b|post-it|scotch|velcro|caddie|kangoo|wifi|bluetooth",
    re.IGNORECASE,
)
SLIPS_OF_GRAMMAR = re.compile(
    r" {2,}|\bde les? |\bde une?\b|\bque (?:il|elle|on|une?)\b"
    r"|\ble (?:usager|agent|employé|écran|accueil)|\bla (?:adresse|heure|équipe|attente)"
    r"|\bde (?=[aeéèêiou](?!nze|ui))| [.,]|[.,?!]{2}|[{}\[\]|]|\bNone\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def rows():
    return list(grow([], 5_000))


def seed_row(number):
    return {"key": f"idea-{number:03d}", "title": "Un titre", "group": None}


def test_same_input_gives_the_same_rows(rows):
    assert list(grow([], 5_000)) == rows


def test_another_seed_gives_other_rows(rows):
    assert not {row["body"] for row in grow([], 200, seed=7)} & {row["body"] for row in rows}


@pytest.mark.parametrize("total", [0, 1, 99, 100, 1_234])
def test_a_smaller_total_is_a_prefix_of_a_larger(rows, total):
    assert list(grow([], total)) == rows[:total]


def test_hand_written_rows_come_first_and_unchanged():
    seeds = [seed_row(number) for number in range(317)]
    grown = list(grow(seeds, 1_000))
    assert grown[:317] == seeds
    assert [row["key"] for row in grown[317:319]] == ["gen-0000001", "gen-0000002"]
    assert len(grown) == 1_000
    assert list(grow(seeds, 10)) == seeds[:10]


def test_rows_stream():
    assert next(grow([], 10**9))["key"] == "gen-0000001"


def test_rows_have_the_columns_of_the_hand_written_ones(rows):
    for row in rows:
        assert list(row) == COLUMNS
        assert row["moment"] in MOMENTS
        assert row["channel"] in CHANNELS
        assert row["profession"] in PROFESSIONS
        assert row["tone"] in TONES
        assert row["language"] == "fr"
    assert {row["theme"] for row in rows} == THEMES
    assert len({row["key"] for row in rows}) == len(rows)


@pytest.mark.parametrize("written", [0, 1, 37, 317, 399])
def test_every_group_has_two_members_at_a_multiple_of_the_block(written):
    grown = grow([seed_row(number) for number in range(written)], 20 * BLOCK)
    sizes = Counter(row["group"] for row in grown if row["group"])
    assert sizes
    assert min(sizes.values()) >= 2


def test_about_one_row_in_eight_is_in_a_group_and_a_few_groups_are_large(rows):
    sizes = Counter(row["group"] for row in rows if row["group"])
    assert 0.10 <= sum(sizes.values()) / len(rows) <= 0.14
    assert sizes.most_common(1)[0][1] >= 8
    assert Counter(sizes.values()).most_common(1)[0][0] == 2


def test_a_near_miss_names_an_earlier_row_of_its_theme(rows):
    seen = {}
    near = 0
    for row in rows:
        if row["near_miss_of"]:
            near += 1
            assert seen[row["near_miss_of"]]["theme"] == row["theme"]
            assert row["group"] is None
        seen[row["key"]] = row
    assert near >= 50


def test_labels_tell_the_truth_about_proposals():
    """One group is one proposal, and no other row has it: not even in a bare or narrower form."""
    proposals = Proposals(Random(1))
    slots = [slot for _ in range(200) for slot in proposals.plan(BLOCK)]
    groups = defaultdict(set)
    alone = []
    for slot in slots:
        proposal = (slot.need, slot.remedy, slot.details)
        if slot.group:
            groups[slot.group].add(proposal)
        else:
            alone.append(proposal)
        if slot.near:
            assert slot.near.need is slot.need
            assert slot.near.remedy != slot.remedy
    grouped = [proposal for members in groups.values() for proposal in members]
    assert all(len(members) == 1 for members in groups.values())
    assert len(grouped) == len(set(grouped))
    assert len(alone) == len(set(alone))
    assert not set(alone) & set(grouped)
    bare = {(need, remedy) for need, remedy, details in grouped if not details}
    assert not bare & {(need, remedy) for need, remedy, details in alone}


def test_the_grammar_has_room_for_ten_times_the_reference_scale():
    room = sum(
        (len(need.remedies) - 1) * sum(len(details) for details in need.narrowings)
        for need in needs()
    )
    assert room > 450_000


def test_an_exhausted_grammar_says_so():
    proposals = Proposals(Random(1))
    proposals.drawn = dict.fromkeys(needs(), 10**9)
    with pytest.raises(ValueError, match="no unused proposal"):
        proposals.fresh()


def test_lengths_are_those_of_the_hand_written_ones(rows):
    words = [len(row["body"].split()) for row in rows]
    assert 40 <= median(words) <= 50
    assert min(words) >= 10
    assert max(words) <= 160
    assert max(len(row["title"]) for row in rows) <= 120
    assert min(len(row["title"]) for row in rows) >= 8


def test_no_company_or_brand_is_named(rows):
    named = [row["key"] for row in rows if TRADEMARKS.search(f"{row['title']} {row['body']}")]
    assert named == []


def test_elisions_contractions_and_spaces_are_right(rows):
    wrong = {
        row["key"]: match[0]
        for row in rows
        for text in (row["title"], row["body"])
        if (match := SLIPS_OF_GRAMMAR.search(text))
    }
    assert wrong == {}


def test_people_write_in_several_ways(rows):
    bodies = [row["body"] for row in rows]
    assert sum("’" in body for body in bodies) > 500
    assert sum(body == body.lower() for body in bodies) > 100
    assert sum(body.isascii() for body in bodies) > 100
    assert sum("\n" in body for body in bodies) > 500
    assert len(set(bodies)) > 0.999 * len(bodies)


def test_few_rows_have_an_almost_identical_twin_outside_their_group(rows):
    """Character 5-grams, Jaccard ≥ 0.8: pairs are sought among rows sharing their rarest grams."""
    rows = rows[:1_500]
    grams = [
        {row["body"].lower()[at : at + 5] for at in range(len(row["body"]) - 4)} for row in rows
    ]
    frequency = Counter(gram for bag in grams for gram in bag)
    sharing = defaultdict(list)
    for at, bag in enumerate(grams):
        # Two sets with Jaccard ≥ 0.8 share one of the rarest fifth (and one) of either.
        rarest = sorted(bag, key=lambda gram: (frequency[gram], gram))[: len(bag) // 5 + 1]
        for gram in rarest:
            sharing[gram].append(at)
    twins = set()
    pairs = {pair for members in sharing.values() for pair in combinations(members, 2)}
    for one, two in pairs:
        if rows[one]["group"] and rows[one]["group"] == rows[two]["group"]:
            continue
        common = len(grams[one] & grams[two])
        if common >= 0.8 * (len(grams[one]) + len(grams[two]) - common):
            twins |= {one, two}
    assert len(twins) < 0.03 * len(rows)


def test_popularity_is_a_long_tail_of_the_reference_scale():
    votes = sorted(popularity(45_000, Random(3)), reverse=True)
    assert 10 <= sum(votes) / len(votes) <= 12
    assert 3_500 <= votes[0] <= 4_500
    assert votes[len(votes) // 2] <= 5
    assert votes[-1] == 0
    assert sum(votes[:4_500]) > 0.4 * sum(votes)


def test_popularity_is_seeded_shuffled_and_works_at_any_size():
    assert popularity(500, Random(3)) == popularity(500, Random(3))
    assert popularity(500, Random(3)) != popularity(500, Random(4))
    assert popularity(500, Random(3)) != sorted(popularity(500, Random(3)))
    assert popularity(0, Random(3)) == []
    assert len(popularity(1, Random(3))) == 1


def test_months_have_a_campaign_peak_and_quiet_week_ends():
    days = months(45_000, Random(3))
    assert min(days) >= 0
    assert max(days) <= 424
    by_month = Counter(day // 30 for day in days)
    assert max(by_month, key=by_month.__getitem__) == int(425 * 0.58) // 30
    by_weekday = Counter(day % 7 for day in days)
    assert by_weekday[6] < by_weekday[5] < min(by_weekday[day] for day in range(5)) / 2
    assert months(100, Random(3)) == months(100, Random(3))


def test_months_know_the_weekday_of_their_first_day():
    days = months(45_000, Random(3), weekday=3)
    by_weekday = Counter((day + 3) % 7 for day in days)
    assert min(by_weekday, key=by_weekday.__getitem__) == 6


@pytest.mark.parametrize(
    ("word", "name", "value", "expected"),
    [
        ("de", "o", "le tri", "du tri"),
        ("de", "o", "les colis", "des colis"),
        ("à", "public", "les aidants", "aux aidants"),
        ("À", "o", "le guichet", "Au guichet"),
        ("à", "o", "l'ouverture", "à l'ouverture"),
        ("de", "r", "afficher un plan", "d'afficher un plan"),
        ("de", "r", "les vendre", "de les vendre"),
        ("de", "o", "un colis", "d'un colis"),
        ("de", "r", "habiliter des agents", "d'habiliter des agents"),
        ("que", "c", "on attend", "qu'on attend"),
        ("que", "p", "les gens attendent", "que les gens attendent"),
        (None, "o", "le tri", "le tri"),
    ],
)
def test_join(word, name, value, expected):
    assert join(word, name, value) == expected


def test_grammar_is_rich_enough():
    files = sorted((GRAMMAR / "themes").glob("*.json"))
    themes = [json.loads(path.read_text("utf-8")) for path in files]
    assert {theme["theme"] for theme in themes} == THEMES
    for theme in themes:
        assert len(theme["needs"]) >= 12
        assert all(len(phrasings) >= 3 for phrasings in theme["causes"].values())
        for need in theme["needs"]:
            where = f"{theme['theme']}/{need['key']}"
            assert len(need["topic"]) >= 2, where
            assert len(need["problem"]) >= 3, where
            assert len(need["remedies"]) >= 4, where
            assert all(len(phrasings) >= 3 for phrasings in need["remedies"]), where
            for phrasings in need["remedies"]:
                assert any(not stands_alone(text) for text in phrasings), where
    for world in read("contexts.json").values():
        for dimension in DIMENSIONS:
            assert len(world[dimension]) >= 12
            assert all(len(item["say"]) >= 3 for item in world[dimension])
        publics = [text for item in world["public"] for text in item["say"]]
        # « aux soignants et les aidants »: only the first article is ever contracted.
        assert not [text for text in publics if " et les " in text]


def test_a_need_always_says_its_object():
    for need in needs():
        if need.object:
            assert all("{o}" in text for text in (*need.problems, *need.topics)), need.object


def test_every_phrase_of_the_grammar_can_be_said():
    rng = Random(5)
    marks = re.compile(r"[{}\[\]|]| {2}")
    for need in needs():
        writer = Writer(need, need.remedies[0], (), rng, rng)
        phrases = [*need.problems, *need.topics, *need.causes]
        phrases += [text for phrasings in need.remedies for text in phrasings]
        for text in phrases:
            assert not marks.search(writer.fill(text, rng)), text


def test_every_remedy_and_detail_is_written_without_a_gap():
    """Each need of the grammar once, with each of its remedies."""
    rng = Random(6)
    for need in islice(needs(), 0, None, 5):
        for remedy, details in zip(need.remedies, need.narrowings[0], strict=False):
            row = Writer(need, remedy, details, Random(7), rng).row()
            assert len(row["body"].split()) >= 10
            assert row["title"].strip() == row["title"]
