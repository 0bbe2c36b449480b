"""Tables for the typing model."""

import numpy as np

import adversaries as adv
import data

# Programs that no window of a few dozen keys gives away, because they draw from laws fitted to people: learning them costs
# more elsewhere than it gains here. They show what is missed.
UNTRAINED = ["cloakbrowser", "human-input"]
# Names, passwords and addresses are short: how many keys the windows have that thresholds are set on and measured with, and
# (the last excluded) those of the windows that are trained on.
BRIEF = [9, 12, 16, 24]
TRAINED_BRIEF = (8, 15)
# Steps of clocks, ms: most are fine; then keyboards' own; Windows' timer; browsers that hide the time, and once hid more of it.
GRAINS = [1.0, 1.0, 1.0, 1.0, 4.0, 8.0, 15.6, 1000 / 60, 1000 / 30, 100.0]
# Made sessions whose keys overlap as often as this are too like people: what learns them misses other programs.
LIKE_PEOPLE = 0.2


def presses(trace):
    """Where in its events keys are pressed."""
    return [i for i, e in enumerate(trace["events"]) if e[1] == "keydown"]


def cut(trace, first, count):
    """`count` key presses from the `first` on, with their releases."""
    downs = presses(trace)
    if len(downs) < first + 8:
        return None
    start = downs[first]
    end = downs[first + count] if first + count < len(downs) else len(trace["events"])
    return dict(trace, events=trace["events"][start:end])


def anywhere(trace, rng, count):
    """`count` key presses from any on; nothing where there are no more than these."""
    room = len(presses(trace)) - count
    return cut(trace, int(rng.integers(room)), count) if room > 0 else None


def vary(trace, rng, low=-0.5, high=0.4):
    """Another tempo, another clock grain. Presses move with the tempo, dwells much less: a fast
    typist's keys overlap rather than shrink."""
    pace = np.exp(rng.uniform(low, high))
    grain = rng.choice(GRAINS)
    open_, out, start = {}, [], trace["events"][0][0]
    clock = lambda t: int(round(t / grain) * grain)
    for e in trace["events"]:
        if e[1] == "keydown":
            open_.setdefault(e[2], []).append(e[0])
            out.append([clock((e[0] - start) * pace), *e[1:]])
        elif e[1] == "keyup" and open_.get(e[2]):
            down = open_[e[2]].pop(0)
            out.append([clock((down - start) * pace + (e[0] - down) * pace**0.25), *e[1:]])
    out.sort(key=lambda e: e[0])
    return dict(trace, events=out)


def overlapping(trace):
    """Share of presses that come while another key is down."""
    down, overlaps = 0, 0
    for e in trace["events"]:
        pressed = e[1] == "keydown"
        overlaps += pressed and down > 0
        down += 1 if pressed else -1
    return overlaps / len(presses(trace))


def trained_on(users):
    """Seven of ten of BKSD's people; the others are never trained on."""
    return {user for i, user in enumerate(sorted(set(users), key=int)) if i % 10 < 7}


def tables(seed=2, sessions=4000):
    # Short windows have draws of their own, so that the others stay as they are.
    rng, brief = (np.random.default_rng(seed + i) for i in range(2))
    items = []

    def add(trace, label, group, role, weight=1.0):
        if trace is not None:
            items.append((trace, dict(label=label, group=group, role=role, weight=weight)))

    def add_brief(trace, label, group, each, weight=1.0):
        """`each` windows of few keys, wherever they begin."""
        for count in brief.integers(*TRAINED_BRIEF, each):
            add(anywhere(trace, brief, count), label, group, "train", weight)

    def add_parts(trace, group, role):
        """A person's first keys, who begins slowly, and some later ones."""
        for count in BRIEF:
            add(cut(trace, 0, count), 1, group, role)
            add(anywhere(trace, brief, count), 1, group, role)

    typists = {}
    for tr in data.bksd():
        typists.setdefault((tr["user"], tr["typist"]), []).append(tr)
    trained = trained_on(user for user, _ in typists)
    for (user, _), traces in sorted(typists.items()):
        role = "train" if user in trained else "test"
        for i in range(len(traces) - 1):
            # Phrases have sixteen keys; whoever fills in a form writes more.
            for count, weight in ((1, 0.4), (2, 0.7), (3, 0.5), (5, 0.3)):
                if count > 2 and i % count:
                    continue
                text = data.chained(traces[i : i + count], rng)
                add(text, 1, f"bksd-{user}", role)
                if role == "train":
                    for low, high in ((-0.5, 0.2), (-1.6, -0.5)):
                        varied = vary(text, rng, low, high)
                        add(varied, 1, f"bksd-{user}", role, weight)
                        if count < 3:
                            add_brief(varied, 1, f"bksd-{user}", 3, 0.4)
                elif count == 2:
                    add_parts(text, f"bksd-{user}", "level")
    # Half of another population helps to set the thresholds; the other half tells what came of it.
    others = data.read("human-typing")
    levelling = set(rng.permutation(sorted({tr["user"] for tr in others}))[::2])
    for tr in others:
        group = f"aalto-{tr['user']}"
        part, whole, brief_part = ["level"] * 3 if tr["user"] in levelling else ("other", "otherall", "otherbrief")
        for first in (0, 40):
            add(cut(tr, first, 40), 1, group, part)
        add(tr, 1, group, whole)
        add_parts(tr, group, brief_part)
    programs = [(name.removeprefix("typing-bot-"), tr) for name in data.recorded("typing-bot-*") for tr in data.read(name)]
    programs += [(tr["source"].removeprefix("typing-"), tr) for tr in data.made() if "player" not in tr]
    for group, tr in programs:
        if group not in UNTRAINED:
            add(tr, 0, group, "train", 0.5)
            add(cut(tr, 0, 16), 0, group, "train", 0.5)
            for _ in range(2):
                varied = vary(tr, rng)
                add(varied, 0, group, "train", 0.3)
                add_brief(varied, 0, group, 5, 0.3)
        add(tr, 0, group, "testall")
        add(cut(tr, 0, 40), 0, group, "test3")
    for i in range(sessions):
        s = adv.typing_session(rng, int(rng.integers(12, 60)))
        if i % 4 == 0:
            add(s, 0, "made-typing", "test3")
        elif overlapping(s) < LIKE_PEOPLE:
            add(s, 0, "made-typing", "train")
            add_brief(s, 0, "made-typing", 1)
    bytes_ = data.measure([t for t, _ in items])
    meta = {k: np.array([m[k] for _, m in items]) for k in items[0][1]}
    return bytes_, meta
