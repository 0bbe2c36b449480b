"""Records adversaries and people in a real Chromium and writes them to chromium.jsonl.xz, which training reads.

The adversaries' movements are made here, the people's are recorded ones: record.mjs plays them and tells what a page got.
People are played so that the machine that recorded tells nothing: its frames come late for both. Run by `cargo xtask
record`. Another run gives other recordings: a browser's timing is never twice the same.
"""

import json
import subprocess

import numpy as np

import adversaries as adv
import data
import movement

STROKES, EACH = 8, 18
# Through the debugging protocol at its own times; there, but waiting for each answer, as libraries do; with the
# system's pointer.
PLAYERS = ["timed", "awaited", "system"]


def adversaries(people, rng):
    for kind, make in movement.adversaries(movement.trained_strokes(people)).items():
        for i in range(EACH):
            session = adv.session(rng, make(rng), STROKES, adv.undelivered)
            yield dict(id=f"{kind}-{i}", source=f"made-{kind}", label="bot", player=PLAYERS[i % 3], **session)


def played(people, rng):
    """One window of each recording that is trained on, three of each other."""
    for n, tr in enumerate(people):
        for i, w in enumerate(data.windows(tr, rng, [STROKES], 1 if movement.trained_on(tr) else 3)):
            start = w["events"][0][0]
            events = [[e[0] - start, *e[1:4]] for e in w["events"] if e[1] in data.PLACED]
            yield dict(w, id=f"{tr['id']}-{i}", player=["timed", "system"][(n + i) % 2], events=events)


def main():
    rng, people = np.random.default_rng(11), data.read("human-pointer")
    scripts = [*adversaries(people, rng), *played(people, rng)]
    lines = "".join(json.dumps(script) + "\n" for script in scripts)
    player = data.ROOT / "models/train/record.mjs"
    done = subprocess.run(["node", player], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    traces = [json.loads(line) for line in done.stdout.splitlines()]
    if len(traces) < 0.9 * len(scripts):
        raise SystemExit(f"only {len(traces)} of {len(scripts)} sessions were recorded: {data.MADE} stays as it was")
    size = data.write_made(traces)
    print(f"{data.MADE}: {len(traces)} sessions, {size} bytes")


if __name__ == "__main__":
    main()
