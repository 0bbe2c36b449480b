"""Records adversaries, published libraries and people in a real Chromium and writes them to chromium.jsonl.xz, which
training reads.

The adversaries' movements are made here, the libraries' by them, the people's are recorded ones: record.mjs plays them and
tells what a page got. People are played so that the machine that recorded tells nothing: its frames come late for both.
What libraries type needs no browser: keys are not gathered into frames. Run by `cargo xtask record`. Another run gives other
recordings: a browser's timing is never twice the same.
"""

import json
import subprocess
import sys

import numpy as np

import adversaries as adv
import data
import driven
import libraries
import movement

STROKES, EACH = 8, 18

# How many texts each library types.
TYPED = 60


def programs(prefix, kinds, rng):
    for kind, make in kinds.items():
        for i in range(EACH):
            session = adv.session(rng, make(rng), STROKES, adv.undelivered)
            yield dict(id=f"{prefix}-{kind}-{i}", source=f"{prefix}-{kind}", label="bot", player=data.PLAYERS[i % 3], **session)


def of_adversaries(rng):
    people = data.read("human-pointer")
    yield from programs("made", movement.adversaries(movement.trained_strokes(people)), rng)
    yield from played(people, rng)


def of_libraries(rng):
    libraries.seed(rng)
    yield from programs("library", libraries.MOVERS, rng)


def typed(rng):
    """What libraries type, as a page would see it."""
    libraries.seed(rng)
    for kind, make in libraries.TYPISTS.items():
        for i in range(TYPED):
            yield dict(id=f"typing-{kind}-{i}", source=f"typing-{kind}", label="bot", **driven.typed(rng, make))


def played(people, rng):
    """One window of each recording that is trained on, three of each other."""
    for n, tr in enumerate(people):
        for i, w in enumerate(data.windows(tr, rng, [STROKES], 1 if movement.trained_on(tr) else 3)):
            start = w["events"][0][0]
            events = [[e[0] - start, *e[1:4]] for e in w["events"] if e[1] in data.PLACED]
            yield dict(w, id=f"{tr['id']}-{i}", player=["timed", "system"][(n + i) % 2], events=events)


def record(scripts):
    lines = "".join(json.dumps(script) + "\n" for script in scripts)
    player = data.ROOT / "models/train/record.mjs"
    done = subprocess.run(["node", player], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    traces = [json.loads(line) for line in done.stdout.splitlines()]
    if len(traces) < 0.9 * len(scripts):
        raise SystemExit(f"only {len(traces)} of {len(scripts)} sessions were recorded: {data.MADE} stays as it was")
    return traces


def main():
    """Records `adversaries` (and people), `libraries` or, with no word, both; what is not recorded anew stays."""
    parts = sys.argv[1:] or ["adversaries", "libraries"]
    part = lambda tr: "libraries" if tr["source"].startswith(("library-", "typing-")) else "adversaries"
    traces = [tr for tr in data.made() if part(tr) not in parts]
    if "adversaries" in parts:
        traces = record([*of_adversaries(np.random.default_rng(11))]) + traces
    if "libraries" in parts:
        traces += record([*of_libraries(np.random.default_rng(12))]) + [*typed(np.random.default_rng(13))]
    size = data.write_made(traces)
    print(f"{data.MADE}: {len(traces)} sessions, {size} bytes")


if __name__ == "__main__":
    main()
