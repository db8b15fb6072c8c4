"""Which pairs are shown: balanced, seeded, sides drawn, some repeated."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voting_made import hashes

from sr_toolkit.voting.pairs import APART, Pair, Place, choose_place, make_pairs

PLACE = Place(0, 0, 8, 8)
LETTERS = tuple("abcd")
IMAGES = tuple(f"i{number}" for number in range(7))


def made(count=None, seed=0, person="", models=LETTERS, images=IMAGES) -> list[Pair]:
    return make_pairs(
        hashes(models, images), lambda image: PLACE, count=count, seed=seed, person=person
    )


def both(pair: Pair) -> frozenset[str]:
    return frozenset((pair.left, pair.right))


def test_all_pairs_of_all_images_are_asked_once() -> None:
    asked = [(both(pair), pair.image) for pair in made() if not pair.repeat]
    wanted = itertools.product(map(frozenset, itertools.combinations(LETTERS, 2)), IMAGES)
    assert Counter(asked) == Counter(wanted)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(0, 9), st.integers(2, 5), st.integers(1, 9))
def test_a_choice_is_balanced(count: int, seed: int, models: int, images: int) -> None:
    pairs = made(count, seed, models=tuple("abcde"[:models]), images=tuple(map(str, range(images))))
    asked = [pair for pair in pairs if not pair.repeat]
    possible = models * (models - 1) // 2 * images
    assert len(asked) == min(count, possible)
    assert len({pair.key for pair in pairs}) == len(pairs)
    times = Counter(both(pair) for pair in asked)
    if len(asked) < possible:
        everyone = [times[frozenset(two)] for two in itertools.combinations("abcde"[:models], 2)]
        assert max(everyone) - min(everyone) <= 1
        shown = Counter(pair.image for pair in asked)
        assert max(shown.values()) - min(shown[str(i)] for i in range(images)) <= 2
    for two in times:
        lefts = Counter(pair.left for pair in asked if both(pair) == two)
        assert abs(lefts[min(two)] - lefts[max(two)]) <= 1
    repeats = [pair for pair in pairs if pair.repeat]
    assert len(repeats) == -(-len(asked) // 10)


def test_repeats_are_swapped_and_come_later() -> None:
    for seed in range(20):
        pairs = made(seed=seed)
        where = {pair: place for place, pair in enumerate(pairs)}
        for pair in (pair for pair in pairs if pair.repeat):
            before = Pair(pair.image, pair.place, pair.right, pair.left)
            assert where[pair] - where[before] > APART


def test_the_seed_chooses_and_the_person_orders() -> None:
    assert made(20, 1, "Ada") == made(20, 1, "Ada")
    ada, ben = made(20, 1, "Ada"), made(20, 1, "Ben")
    assert {pair.key for pair in ada} == {pair.key for pair in ben}
    assert ada != ben
    assert {pair.key for pair in ada} != {pair.key for pair in made(20, 2, "Ada")}


def test_a_smaller_choice_is_part_of_a_larger_one() -> None:
    small, large = made(12), made(30)
    assert {pair.key for pair in small} < {pair.key for pair in large}


def test_equal_pictures_and_failures_are_no_pair() -> None:
    images = {"x": {"a": "1", "b": "1", "c": "2"}, "y": {"a": "3", "c": "4"}}
    asked = {(both(p), p.image) for p in make_pairs(images, lambda image: PLACE)}
    assert asked == {
        (frozenset("ac"), "x"),
        (frozenset("bc"), "x"),
        (frozenset("ac"), "y"),
    }
    assert make_pairs({"x": {"a": "1", "b": "1"}}, lambda image: PLACE) == []


@pytest.mark.parametrize("size", [(5, 9), (40, 30), (64, 64)])
@pytest.mark.parametrize("crop", [16, 50, 256])
def test_a_place_lies_in_the_image(size: tuple[int, int], crop: int, rng) -> None:
    height, width = size
    lr = rng.integers(0, 256, (*size, 3), np.uint8)
    for seed in range(5):
        place = choose_place(lr, 4, crop, seed, "a")
        assert place == choose_place(lr, 4, crop, seed, "a")
        assert min(place.x, place.y) >= 0
        assert place.x + place.width <= 4 * width
        assert place.y + place.height <= 4 * height
        assert (place.width, place.height) == (min(crop, 4 * width), min(crop, 4 * height))


def test_a_place_has_something_to_see(rng) -> None:
    lr = np.full((100, 100, 3), 200, np.uint8)
    lr[60:, 60:] = rng.integers(0, 256, (40, 40, 3), np.uint8)
    places = [choose_place(lr, 2, 40, seed, "a") for seed in range(10)]
    seen = [place.x + place.width > 120 and place.y + place.height > 120 for place in places]
    assert sum(seen) >= 8
