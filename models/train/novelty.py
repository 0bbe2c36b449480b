"""How far apart the evidence of two visits lies, and that of one recording played twice.

Prints what `src/voucher/novelty.rs` says of its limits: distances in steps, averaged over what was measured.
Run after `cargo xtask train`, with its Python.
"""

import numpy as np

import data

FRAME_MS = 1000 / 60
POINTER = [i for i in range(60) if i not in range(48, 52)]
TYPING = [i for i in range(19) if i not in (12, 13, 18)]


def played(trace, rng):
    """What a page sees of a recording: timers late by a ms or two, now and then by a frame or three, and of
    each frame the last move."""
    phase, late, frame, out = rng.uniform(0, FRAME_MS), 0.0, None, []
    for e in trace["events"]:
        late = rng.uniform(10, 60) if rng.random() < 0.004 else max(0.0, late - 3)
        t = e[0] + abs(rng.normal(0, 1.5)) + late
        if e[1] == "move":
            now = np.floor((t + phase) / FRAME_MS)
            if out and out[-1][1] == "move" and now == frame:
                out.pop()
            frame, t = now, (now + 1) * FRAME_MS - phase
        t = max(int(t), out[-1][0] if out else 0)
        out.append([t, *e[1:]])
    return dict(trace, events=out)


def apart(rows, row):
    return np.abs(rows - row).sum(1) / max((row > 0).sum(), 1)


def tell(name, family, kept, traces, rng):
    people = np.array([f"{tr['source']} {tr.get('user')}" for tr in traces])
    rows = data.measure(traces)[family][:, kept].astype(int)
    twice = [data.measure([played(tr, rng) for tr in traces])[family][:, kept].astype(int) for _ in range(2)]
    known = (rows > 0).any(1)
    again = np.array([apart(a[None], b)[0] for a, b in zip(*twice) if b.any()])
    pairs, counts, nearest = 0, np.zeros(12), []
    for row, person in zip(rows[known], people[known]):
        far = apart(rows[known], row)[people[known] != person]
        # Some recordings are in the sets twice, under two names.
        far = far[far > 0]
        pairs += len(far)
        counts += [(far <= limit).sum() for limit in range(12)]
        nearest.append(far.min())
    print(f"{name}: {known.sum()} windows, {pairs:.1e} pairs of strangers")
    print("  nearest pairs of strangers", np.round(np.sort(nearest)[:6:2], 1))
    print("  pairs within 1 to 11 steps", " ".join(f"{n / pairs:.0e}" for n in counts[1:]))
    print("  played twice: quartiles", np.round(np.percentile(again, [25, 50, 75]), 1))
    print("  played twice: share within 1 to 6 steps", " ".join(f"{(again <= limit).mean():.2f}" for limit in range(1, 7)))


def main():
    rng = np.random.default_rng(5)
    moving = [tr for name in ("", "-freihaut", "-delbot", "-mynuuuu") for tr in data.read(f"human-pointer{name}")]
    for sizes in ([2], [3, 4], [6, 9, 14, 20]):
        cut = [w for tr in moving for w in data.windows(tr, rng, sizes, 6)]
        tell(f"movement, {' '.join(map(str, sizes))} strokes", "pointer", POINTER, cut, rng)
    for name in ("human-typing", "human-typing-bksd"):
        tell(f"typing, {name}", "typing", TYPING, data.read(name), rng)


if __name__ == "__main__":
    main()
