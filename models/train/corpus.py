"""Writes tests/corpus/traces.jsonl: a small selection of recorded and made sessions, for tests.

Only sets whose licence allows it are drawn from (see tests/corpus/README.md).
"""

import json

import numpy as np

import data
import movement


def main():
    rng = np.random.default_rng(7)
    out = []

    def add(trace, name):
        t0 = trace["events"][0][0]
        out.append({
            "id": name, "source": trace["source"], "label": trace["label"], "viewport": trace["viewport"],
            "events": [[round(e[0] - t0, 1), *e[1:]] for e in trace["events"]],
        })  # fmt: skip

    people = [tr for tr in data.read("human-pointer") if not movement.trained_on(tr)]
    for i, tr in enumerate(people[::3][:10]):
        spans = data.runs(tr)
        first = len(spans) // 3
        window = tr["events"][spans[first][0] : spans[first + 9][1]]
        more = len(tr["events"])
        end = spans[first + 9][1]
        while end < more and tr["events"][end][1] in ("down", "up"):
            window.append(tr["events"][end])
            end += 1
        add(dict(tr, events=window), f"human-pointer-{i}")
    for i, tr in enumerate(data.read("human-pointer-delbot")[::110][:5]):
        add(tr, f"human-circle-{i}")
    typists = data.read("human-typing-bksd")
    for i in range(6):
        add(typists[-1 - 37 * i], f"human-typing-{i}")
    for name in data.recorded("chromium-bot-*") + data.recorded("typing-bot-*"):
        add(data.read(name)[0], name)
    made = dict(source="made", viewport=[1280, 720])
    add(dict(made, label="human", events=[[0, "focus"]]), "nothing-but-focus")
    keys = [e for e in typists[5]["events"]]
    add(dict(made, label="human", events=[[0, "focus"], *[[e[0] + 900, *e[1:]] for e in keys]]), "keyboard-only")
    taps, t = [], 0
    for _ in range(7):
        t += int(rng.integers(600, 1900))
        x, y = int(rng.integers(20, 370)), int(rng.integers(60, 700))
        hold, touch = int(rng.integers(55, 140)), {"type": "touch", "pressure": 1}
        taps += [[t, "down", x, y, touch], [t + hold, "up", x + int(rng.integers(-2, 3)), y, touch]]
        t += hold
    add(dict(made, label="human", viewport=[390, 844], events=taps), "taps")
    wheel = [[i * 50, "wheel", 100] for i in range(30)]
    add(dict(made, label="bot", events=wheel), "wheel-like-a-clock")
    path = data.ROOT / "tests/corpus/traces.jsonl"
    path.write_text("".join(json.dumps(tr, separators=(",", ":")) + "\n" for tr in out))
    print(f"{path}: {len(out)} traces, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
