"""Counts how people in general type and press: models/habits.bin, what `src/profile/habit.rs` compares a person with.

    python habits.py

Keys from the first eighteen people of BKSD, buttons from SapiMouse users 1 to 60. BKSD has letters only, and one kind of
text: letters are mixed with a broad normal distribution, the other keys have that alone.
"""

import math
import re

import numpy as np
from data import ROOT, bksd, read

BINS, PEOPLE, BROAD = 24, 18, 0.4
HELD, PAIR, BUTTON = (2.5, 6.0), (2.5, 7.3), (0.0, 8.0)
# Mean and deviation of ln ms: 95 and 180 ms.
BROAD_HELD, BROAD_PAIR = (4.55, 0.4), (5.2, 0.6)
PAUSE_MS = 1500


def keys():
    held, pairs, people = [], [], set()
    for trace in bksd():
        if trace["user"] not in people and len(people) == PEOPLE:
            continue
        people.add(trace["user"])
        open_since, last = [], None
        for t, kind, *_ in trace["events"]:
            if kind == "keydown":
                if last is not None:
                    pairs.append(t - last)
                open_since.append(t)
                last = t
            elif kind == "keyup" and open_since:
                held.append(t - open_since.pop(0))
    return held, pairs


def buttons():
    held, settled = [], []
    for trace in read("human-pointer"):
        name = re.fullmatch(r"sapimouse-user(\d+)-[13]min", trace["id"])
        if not name or int(name[1]) > 60:
            continue
        moved = pressed = None
        for t, kind, *_ in trace["events"]:
            if kind == "move":
                moved = t
            elif kind == "down":
                if moved is not None:
                    settled.append(t - moved)
                pressed = t
            elif kind == "up" and pressed is not None:
                held.append(t - pressed)
                pressed = None
    return held, settled


def counted(times, limits):
    logs = [math.log(max(t, 1)) for t in times if 0 < t < PAUSE_MS]
    row = np.histogram(np.clip(logs, limits[0], limits[1] - 1e-9), BINS, limits)[0].astype(float)
    row = np.convolve(row, [0.05, 0.25, 0.4, 0.25, 0.05], "same") + 1
    return row / row.sum()


def broad(limits, mean, deviation):
    middles = limits[0] + (np.arange(BINS) + 0.5) / BINS * (limits[1] - limits[0])
    row = np.exp(-((middles - mean) ** 2) / 2 / deviation**2) + 0.02
    return row / row.sum()


def main():
    held, pairs = keys()
    buttons_held, settled = buttons()
    broad_held, broad_pair = broad(HELD, *BROAD_HELD), broad(PAIR, *BROAD_PAIR)
    letters = (1 - BROAD) * counted(held, HELD) + BROAD * broad_held
    words = (1 - BROAD) * counted(pairs, PAIR) + BROAD * broad_pair
    rows = [letters, broad_held, broad_held, words, broad_pair, broad_pair, broad_pair]
    rows += [counted(buttons_held, BUTTON), counted(settled, BUTTON)]
    # Nobody's wheel and nobody's coming back were recorded: anything is as likely.
    rows += [np.full(BINS, 1 / BINS)] * 3
    weights = np.round(np.stack(rows) * 20_000).astype("<u2")
    (ROOT / "models/habits.bin").write_bytes(weights.tobytes())


if __name__ == "__main__":
    main()
