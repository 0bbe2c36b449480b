"""Verdicts on the same people and programs, recorded otherwise (another screen, another rate, another clock), and on the first of
what they typed.

Prints the two tables of `models/behavior.md`. Run by `cargo xtask bench accidents`, which builds the `vouchsafe` command first.
"""

import numpy as np

import data
import keys
import movement
import variations


def changed(change):
    """Events changed by a function of them all."""
    return lambda trace: dict(trace, events=change(trace["events"]))


def times(change):
    """Times changed by a function of them, in order as before."""
    return changed(lambda events: [[int(change(e[0])), *e[1:]] for e in events])


def places(step):
    """Positions as a screen reports them whose px are `step` times as large."""

    at = lambda e: [e[0], e[1], *(int(round(v / step)) for v in e[2:4]), *e[4:]] if e[1] in data.PLACED else e
    return changed(lambda events: [at(e) for e in events])


def clock(period):
    return times(lambda t: t // period * period)


def rate(hz):
    return changed(lambda events: variations.sampled(events, 1000 / hz))


def batches(period):
    rng = np.random.default_rng(1)
    return changed(lambda events: variations.batched(events, rng, period))


def dropped(share):
    rng = np.random.default_rng(1)
    return changed(lambda events: variations.lost(events, rng, share))


def smoothed(sigma):
    smooth = changed(lambda events: variations.smoothed(events, sigma))
    return lambda trace: places(1)(smooth(trace))


ACCIDENTS = {
    "as recorded": lambda trace: trace,
    "moves at 30 Hz": rate(30),
    "moves at 20 Hz": rate(20),
    "moves at 10 Hz": rate(10),
    "moves at 6.7 Hz": rate(1000 / 150),
    "moves in batches every 100 ms": batches(100),
    "two moves of five lost": dropped(0.4),
    "positions in half as many px": places(2),
    "positions in a third as many px": places(3),
    "times in steps of 16.7 ms": clock(1000 / 60),
    "times in steps of 33 ms": clock(1000 / 30),
    "times in steps of 100 ms": clock(100),
    "a third faster": times(lambda t: t * 0.75),
    "twice as fast": times(lambda t: t * 0.5),
    "twice as slow": times(lambda t: t * 2),
    "moves smoothed over 20 ms": smoothed(20),
    "moves smoothed over 35 ms": smoothed(35),
}
# What changes moves alone leaves typing as it is.
TYPING = [name for name in ACCIDENTS if name.startswith(("as", "times", "a third", "twice"))]


def sessions():
    """(column, whether it is typing, traces), people first."""
    threes = lambda traces: [w for tr in traces for w in data.click_windows(tr, 3)]
    programs = lambda pattern: [tr for name in data.recorded(pattern) for tr in data.read(name)]
    moved = [tr for tr in data.read("human-pointer") if not movement.trained_on(tr)]
    phrases = data.bksd()
    trained = keys.trained_on(tr["user"] for tr in phrases)
    return [
        ("SapiMouse", False, threes(moved)),
        ("Freihaut", False, threes(data.read("human-pointer-freihaut"))),
        ("programs, moving", False, threes(programs("chromium-bot-*"))),
        ("BKSD", True, [tr for tr in phrases if tr["user"] not in trained]),
        ("Aalto", True, data.read("human-typing")),
        ("programs, typing", True, [keys.cut(tr, 0, 40) for tr in programs("typing-bot-*")]),
    ]


def called_bots(traces):
    return f"{100 * np.mean([answer['verdict'] == 'bot' for answer in data.command('score', traces=traces)]):.1f}" if traces else ""


def table(title, columns, rows):
    """`rows` are names, and what makes a row's traces of a column's (none: an empty cell)."""
    print(f"| {title} | " + " | ".join(f"{name} ({len(traces)})" for name, _, traces in columns) + " |")
    print("|---|" + "---|" * len(columns))
    for name, change in rows:
        cells = [called_bots(change(typing, traces)) for _, typing, traces in columns]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print()


def recorded_otherwise(name):
    change = ACCIDENTS[name]
    return lambda typing, traces: [] if typing and name not in TYPING else [change(tr) for tr in traces]


def in_part(count):
    """Of each trace, the first keys; nothing where the longest hasn't as many."""
    longest = lambda traces: max(len(keys.presses(tr)) for tr in traces)
    return lambda typing, traces: [keys.cut(tr, 0, count) for tr in traces] if longest(traces) >= count else []


def main():
    columns = sessions()
    table("% called bots", columns, [(name, recorded_otherwise(name)) for name in ACCIDENTS])
    typing = [column for column in columns if column[1]]
    table("% called bots, typing", typing, [(f"{count} keys", in_part(count)) for count in [*keys.BRIEF, 40]])


if __name__ == "__main__":
    main()
