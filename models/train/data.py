"""Recorded sessions, cut into windows, varied, and measured by the `vouchsafe` command."""

import gzip
import json
import lzma
import re
import subprocess
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = ["pointer", "click", "typing", "scroll", "touch", "attention", "environment"]
STROKE_FACTS = 26
MADE = ROOT / "models/train/chromium.jsonl.xz"
# Events with a place.
PLACED = ["move", "down", "up"]
# Kinds of event and classes of key, by the numbers they have in MADE.
WRITTEN = [*PLACED, "keydown", "keyup"]
KEYS = ["letter", "digit", "space", "punctuation", "backspace", "modifier"]
# How sessions are played: through the debugging protocol at their own times; there, but waiting for each answer, as
# libraries do; with the system's pointer.
PLAYERS = ["timed", "awaited", "system"]


def data_dir():
    for candidate in (ROOT.parent / "shared/data", ROOT / "data"):
        if candidate.is_dir():
            return candidate
    raise SystemExit("training data not found: expected ../shared/data beside the repository")


def read(name):
    with gzip.open(data_dir() / f"{name}.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def recorded(pattern):
    """Names of the sets that a pattern fits, in order, as `read` takes them."""
    return [path.name.removesuffix(".jsonl.gz") for path in sorted(data_dir().glob(f"{pattern}.jsonl.gz"))]


def bksd():
    """BKSD's phrases with the person as `user` and the set's own name, which has the language in it, as `typist`.

    S107a and S107e are one person's Arabic and English. S95a's phrases are S93a's, and s105e's are s102e's, copied:
    what is there a second time is left out.
    """
    out, seen = [], set()
    for tr in read("human-typing-bksd"):
        phrase = json.dumps(tr["events"])
        if phrase not in seen:
            out.append(dict(tr, typist=tr["user"], user=re.sub(r"\D", "", tr["user"])))
            seen.add(phrase)
    return out


def write_made(traces):
    """Writes what record.py recorded, every event after its kind as what it adds to the one before; the bytes written.
    A key's class is numbered, as if it were a place."""
    lines = []
    for tr in traces:
        number = lambda what: [KEYS.index(what[0]), 0] if len(what) == 1 else what
        packed = np.array([[WRITTEN.index(kind), t, *number(what)] for t, kind, *what in tr["events"]])
        packed[:, 1:] = np.diff(packed[:, 1:], axis=0, prepend=0)
        lines.append(json.dumps(dict(tr, events=packed.ravel().tolist()), separators=(",", ":")) + "\n")
    MADE.write_bytes(lzma.compress("".join(lines).encode()))
    return MADE.stat().st_size


def made():
    """Adversaries, libraries and people played in a real Chromium, as a page there saw them; and what libraries type, which
    has no `player`."""
    out = []
    with lzma.open(MADE, "rt") as lines:
        for line in lines:
            tr = json.loads(line)
            packed = np.array(tr["events"]).reshape(-1, 4)
            packed[:, 1:] = np.cumsum(packed[:, 1:], 0)
            named = lambda kind, x, y: [x, y] if kind < len(PLACED) else [KEYS[x]]
            out.append(dict(tr, events=[[t, WRITTEN[kind], *named(kind, x, y)] for kind, t, x, y in packed.tolist()]))
    return out


def command(subcommand, *options, traces):
    """What `vouchsafe SUBCOMMAND` answers for each trace."""
    tool = ROOT / "target/release/vouchsafe"
    lines = []
    for i, tr in enumerate(traces):
        lines.append(json.dumps(dict(id=str(i), source="x", viewport=tr["viewport"], events=tr["events"])))
    done = subprocess.run([tool, subcommand, *options, "-"], input="\n".join(lines), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"vouchsafe {subcommand} failed: {done.stderr[:500]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure(traces):
    """Evidence bytes of each trace: {family: array [n, features] with 0 rows where absent}, and
    {"strokes": list of n arrays [strokes, facts]}."""
    lines = command("features", "--bytes", traces=traces)
    rows = [line["features"] for line in lines]
    out = {"strokes": [np.array(line["strokes"], np.uint8).reshape(-1, STROKE_FACTS) for line in lines]}
    for family in FAMILIES:
        width = max((len(r[family]) for r in rows if r[family]), default=0)
        table = np.zeros((len(rows), width), np.uint8)
        for i, r in enumerate(rows):
            if r[family]:
                table[i] = r[family]
        out[family] = table
    return out


def runs(trace):
    """Start and end index of each movement (gaps over 200 ms and presses split), over 25 px long."""
    out, start, length, last = [], None, 0.0, None
    for i, e in enumerate(trace["events"]):
        if e[1] == "move":
            if last is not None and e[0] - last[0] <= 200 and start is not None:
                length += np.hypot(e[2] - last[2], e[3] - last[3])
            else:
                if start is not None and length > 25:
                    out.append((start, i))
                start, length = i, 0.0
            last = e
        elif e[1] in ("down", "up"):
            if start is not None and length > 25:
                out.append((start, i))
            start, length = None, 0.0
    if start is not None and length > 25:
        out.append((start, len(trace["events"])))
    return out


def windows(trace, rng, sizes, each):
    """`each` random windows of every size in `sizes`, a size being a number of movements."""
    spans = runs(trace)
    out = []
    for size in sizes:
        if len(spans) < size:
            continue
        for s in rng.choice(len(spans) - size + 1, min(each, len(spans) - size + 1), replace=False):
            first, last = spans[s][0], spans[s + size - 1][1]
            while last < len(trace["events"]) and trace["events"][last][1] in ("down", "up"):
                last += 1
            out.append(dict(trace, events=trace["events"][first:last]))
    return out


def click_windows(trace, clicks):
    """Windows that hold `clicks` presses each, one after the other."""
    out, start, count = [], 0, 0
    for i, e in enumerate(trace["events"]):
        if e[1] == "up":
            count += 1
            if count == clicks:
                out.append(dict(trace, events=trace["events"][start : i + 1]))
                start, count = i + 1, 0
    return [w for w in out if len(w["events"]) > 3]


def chained(traces, rng):
    """One session out of several: a pause between them, and each goes on from where the one before ended."""
    events, start = [], 0
    for tr in traces:
        first, shift, some = tr["events"][0], (0, 0), tr["events"]
        if events and first[1] in PLACED and events[-1][1] in PLACED:
            shift = [last - now for last, now in zip(events[-1][2:4], first[2:4])]
            # A move to where the pointer already is would be a program's.
            some = some[1:] if first[1] == "move" else some
        for t, kind, *what in some:
            place = [v + s for v, s in zip(what, shift)] + what[2:] if kind in PLACED else what
            events.append([t - first[0] + start, kind, *place])
        start = events[-1][0] + int(rng.uniform(250, 1600))
    return dict(traces[0], events=events)


def strokes(trace):
    """(t, xy) of each movement, for the generators that learn from people."""
    out = []
    for first, last in runs(trace):
        moves = [e for e in trace["events"][first:last] if e[1] == "move"]
        if len(moves) >= 8:
            out.append((np.array([e[0] for e in moves], float), np.array([e[2:4] for e in moves], float)))
    return out
