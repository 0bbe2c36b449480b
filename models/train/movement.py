"""Tables for the pointer model: people, libraries, adversaries, as windows of a few strokes."""

import re

import numpy as np

import adversaries as adv
import borrowed
import data
import people
import variations

# Made of people's own movements so closely that learning them costs more elsewhere than it gains here: they show what
# is missed.
UNTRAINED = ["blend", "quilt"]
SIZES = [2, 3, 4, 5, 7, 10, 16, 30, 60]
# People are also shown as surer hands than theirs: of each movement what is faster than this share of its peak.
BRISK = 0.1
# What a window of people other than SapiMouse's weighs beside one of these, and how many of their short recordings make a
# session. Kinds of people are what is short: while they weighed little, a third of those that were not there were taken for
# programs.
SCARCE, IN_A_ROW = 3.0, 6


def user_number(trace):
    digits = re.findall(r"\d+", trace.get("user") or "0")
    return int(digits[0]) if digits else 0


def trained_on(trace):
    """Users 1 to 60 of SapiMouse; the others are never trained on."""
    return user_number(trace) <= 60


def trained_strokes(people):
    """Of each recording that is trained on, the first movements."""
    return [stroke for tr in people if trained_on(tr) for stroke in data.strokes(tr)[:80]]


def adversaries(strokes):
    """By name, what makes each kind of adversary's sessions (`f(rng)` gives a stroke sampler); some borrow people's strokes."""
    learned = borrowed.Learned(strokes)
    return dict(
        adv.KINDS,
        learned=learned.session,
        blend=borrowed.Blend(learned).session,
        quilt=borrowed.Quilt(strokes).session,
        replay=borrowed.Replay(strokes).session,
    )


def tables(seed=1, sessions=160):
    """Rows of bytes with who made them: lists of (trace, meta) measured in one go."""
    # Surer hands, worse recordings and other people have draws of their own, so that the others stay as they are.
    rng, sure, worse, scarce = (np.random.default_rng(seed + i) for i in range(4))
    items = []

    def add(trace, label, group, role, weight=1.0):
        items.append((trace, dict(label=label, group=group, role=role, weight=weight)))

    def add_varied(trace, label, group, weight, rng=rng, worse=worse):
        add(variations.vary(trace, rng), label, group, "train", weight)
        add(variations.otherwise(trace, worse), label, group, "train", weight)

    def add_judged(trace, group, role, each, rng=rng):
        """People as they are judged: windows, sessions of three clicks, and all of it."""
        for w in data.windows(trace, rng, SIZES, each):
            add(w, 1, group, role)
        for w in data.click_windows(trace, 3):
            add(w, 1, group, f"{role}3")
        add(trace, 1, group, f"{role}all")

    sapimouse = data.read("human-pointer")
    for tr in sapimouse:
        group = f"sapimouse-{user_number(tr)}"
        if trained_on(tr):
            for w in data.windows(tr, rng, SIZES, 8):
                add(w, 1, group, "train")
                add_varied(w, 1, group, 0.7)
            for w in data.windows(variations.brisk(tr, sure, BRISK), sure, SIZES, 4):
                add(variations.vary(w, sure), 1, group, "train", 0.7)
        else:
            add_judged(tr, group, "test", 8)
    for group, pieces in dict(delbot=data.read("human-pointer-delbot"), **people.populations()).items():
        # Recordings are short: they say more in a row, and in any.
        order = scarce.permutation(len(pieces))
        draw = lambda: scarce.choice(len(pieces), IN_A_ROW, replace=False)
        row = lambda at: data.chained([pieces[i] for i in at], scarce)
        for tr in [*pieces, *pieces, *(row(draw()) for _ in range(60))]:
            for w in data.windows(tr, scarce, SIZES, 1):
                add(w, 1, group, "train", SCARCE)
                add_varied(w, 1, group, 0.7 * SCARCE, scarce, scarce)
        # For what a kind of people meets that was not there.
        for tr in [row(order[at : at + IN_A_ROW]) for at in range(0, len(order), IN_A_ROW)]:
            add_judged(tr, group, "apart", 4, scarce)
    for name in ("freihaut", "mynuuuu"):
        for tr in data.read(f"human-pointer-{name}"):
            add_judged(tr, name, "other", 4)
    for name in data.recorded("*bot-*"):
        if name.startswith("typing"):
            continue
        real = name.startswith("chromium-")
        group = name.removeprefix("chromium-").removeprefix("bot-")
        recorded = data.read(name)
        # Sessions are short; some scripts go on for longer.
        for i in range(0, len(recorded) - 3, 4):
            long = data.chained(recorded[i : i + 4], rng)
            for w in data.windows(long, rng, SIZES[-3:], 1):
                add(w, 0, group, "train", 1.0 if real else 0.3)
        for tr in recorded:
            for w in data.windows(tr, rng, SIZES, 2 if real else 1):
                add(w, 0, group, "train", 2.0 if real else 0.5)
                add_varied(w, 0, group, 1.0 if real else 0.3)
            for w in data.click_windows(tr, 3):
                add(w, 0, group, "test3")
            add(tr, 0, group, "testall")
    for kind, make in adversaries(trained_strokes(sapimouse)).items():
        for _ in range(sessions):
            stroke = make(rng)
            for size in rng.choice(SIZES, 3, replace=False) if kind not in UNTRAINED else ():
                s = adv.session(rng, stroke, int(size))
                add(s, 0, f"made-{kind}", "train")
                if rng.random() < 0.3:
                    add_varied(s, 0, f"made-{kind}", 0.7)
            add(adv.session(rng, stroke, 4), 0, f"made-{kind}", "test3")
            add(adv.session(rng, stroke, 12), 0, f"made-{kind}", "testall")
    for tr in data.made():
        if "player" not in tr:
            continue
        person = tr["label"] == "human"
        group = f"sapimouse-{user_number(tr)}" if person else tr["source"]
        unseen = person and not trained_on(tr)
        if not unseen and group.removeprefix("made-") not in UNTRAINED:
            for w in data.windows(tr, rng, SIZES, 2):
                add(w, int(person), group, "train")
                add_varied(w, int(person), group, 0.5)
        if unseen or not person:
            for w in data.windows(tr, rng, [4], 2):
                add(w, int(person), group, f"recorded-{tr['player']}")
            add(tr, int(person), group, "recorded-all")
        if group.startswith("library-"):
            for w in data.click_windows(tr, 3):
                add(w, 0, group, "test3")
            add(tr, 0, group, "testall")
    bytes_ = data.measure([t for t, _ in items])
    meta = {k: np.array([m[k] for _, m in items]) for k in items[0][1]}
    return bytes_, meta
