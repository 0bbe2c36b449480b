"""The same session by another hand, or with another device, browser or line between."""

import numpy as np

import data


def vary(trace, rng):
    """The same session on another screen, at another rate, mirrored, a little faster or slower.

    People, half of the time, a good deal slower or faster: other people, with other devices, are."""
    scale = np.exp(rng.uniform(-0.9, 0.5))
    slow = trace.get("label") == "human" and rng.random() < 0.5
    pace = np.exp(rng.uniform(-0.3, 0.7)) if slow else np.exp(rng.uniform(-0.15, 0.15))
    flip = rng.choice([-1, 1], 2)
    swap = rng.random() < 0.3
    period = rng.choice([0, 0, 1000 / 60, 1000 / 30, 22.0])
    jitter = rng.choice([0.0, 0.0, rng.uniform(0.5, 4.0)])
    events, frame, last_t = [], None, -1e9
    human = trace.get("label") == "human"
    for e in smoothed(trace["events"], rng.uniform(15, 50)) if human and rng.random() < 0.25 else trace["events"]:
        t = e[0] * pace
        if e[1] in data.PLACED:
            x, y = e[2] * flip[0] * scale, e[3] * flip[1] * scale
            if swap:
                x, y = y, x
            if e[1] == "move":
                t += rng.normal(0, jitter) if jitter else 0
            t = max(t, last_t)
            if e[1] == "move" and period:
                f = int(t / period)
                if f == frame and events and events[-1][1] == "move":
                    events.pop()
                frame = f
            events.append([round(t), e[1], int(round(x)), int(round(y))])
        else:
            t = max(t, last_t)
            events.append([round(t), *e[1:]])
        last_t = t
    return dict(trace, events=unusual(events, rng, human))


def otherwise(trace, rng):
    """The same session recorded worse than `vary` does: half of the time in a fifth to a half of the px, and seldom, in
    batches or with losses.

    This happens to people and programs alike; only people's pace may be half or twice theirs."""
    human = trace.get("label") == "human"
    scale = np.exp(rng.uniform(-1.6, -0.6) if rng.random() < 0.5 else rng.uniform(-0.6, 0.4))
    pace = np.exp(rng.uniform(-0.8, 0.8) if human else rng.uniform(-0.3, 0.3))
    flip = scale * rng.choice([-1, 1], 2)
    axes = [1, 0] if rng.random() < 0.3 else [0, 1]
    events = []
    for t, kind, *what in smoothed(trace["events"], rng.uniform(15, 50)) if rng.random() < 0.2 else trace["events"]:
        if kind in data.PLACED:
            what = [int(round(what[axis] * flip[axis])) for axis in axes] + what[2:]
        events.append([round(t * pace), kind, *what])
    how = rng.random()
    if how < 0.3:
        events = sampled(events, rng.uniform(15, 200))
    elif how < 0.5:
        events = batched(events, rng, rng.choice([50, 100, 109, 125]))
    elif how < 0.65:
        events = lost(events, rng, rng.uniform(0.1, 0.5))
    return dict(trace, events=unusual(events, rng, human))


def unusual(events, rng, human):
    """Some sessions press and set out as is more usual of the other side."""
    if rng.random() < (0.3 if human else 0.1):
        events = still_presses(events) if human else shaky_presses(events, rng)
    if rng.random() < 0.3:
        events = resent(events, rng, rng.uniform(0.0, 0.4) if human else 0.0)
    return events


def sampled(events, period):
    """Of the moves in each period, ms, the last."""
    out, frame = [], None
    for e in events:
        if e[1] == "move":
            now = int(e[0] / period)
            if now == frame and out and out[-1][1] == "move":
                out.pop()
            frame = now
        out.append(e)
    return out


def batched(events, rng, period):
    """A remote desktop's moves: one to three places in each period, ms, which all have the time of its beginning."""
    out, frame, room, now = [], None, 0, 0
    for t, *what in events:
        if what[0] == "move":
            if int(t / period) != frame:
                frame, room = int(t / period), rng.choice([1, 1, 2, 2, 3])
            elif room == 0 and out[-1][1] == "move":
                out.pop()
            room = max(0, room - 1)
            t = int(frame * period)
        now = max(now, t) if out else t
        out.append([now, *what])
    return out


def lost(events, rng, share):
    return [e for e in events if e[1] != "move" or rng.random() > share]


def smoothed(events, sigma):
    """Moves as a device or system that smooths them would report: Gaussian, `sigma` ms, within a movement."""
    out, run = [], []

    def close():
        if len(run) > 4:
            t, p = np.array([e[0] for e in run], float), np.array([e[2:4] for e in run], float)
            w = np.exp(-0.5 * ((t[:, None] - t) / sigma) ** 2)
            p = w @ p / w.sum(1)[:, None] if len(run) < 400 else p
            out.extend([*e[:2], *map(float, q)] for e, q in zip(run, p))
        else:
            out.extend(run)
        run.clear()

    for e in events:
        if e[1] != "move" or (run and e[0] - run[-1][0] > 200):
            close()
        (run if e[1] == "move" else out).append(e)
    close()
    return out


def brisk(trace, rng, share):
    """Every movement from where it first to where it last goes faster than this share of its peak: a sure hand's, which
    neither sets out slowly nor corrects at the end. What follows moves with it, in place and in time."""
    out, at, shift = [], 0, np.zeros(3)
    events = trace["events"]

    def put(some):
        for e in some:
            place = [round(v - s) for v, s in zip(e[2:4], shift[1:])] + e[4:] if e[1] in data.PLACED else e[2:]
            out.append([round(e[0] - shift[0]), e[1], *place])

    for first, last in data.runs(trace):
        put(events[at:first])
        run = [e for e in events[first:last] if e[1] == "move"]
        begin, end = fast_part(run, share) if len(run) >= 8 else (0, len(run) - 1)
        where = lambda i: np.array([run[i][0], *run[i][2:4]], float)
        shift += where(begin) - where(0)
        put(run[begin : end + 1])
        rest = where(-1) - where(end)
        # The pause stays, and a little of what the end took.
        shift += [max(0.0, rest[0] - rng.uniform(0, 120)), *rest[1:]]
        at = last
    put(events[at:])
    return dict(trace, events=out)


def fast_part(run, share):
    """First and last of the moves around the peak of their speed that are faster than `share` of it."""
    t, p = np.array([e[0] for e in run], float), np.array([e[2:4] for e in run], float)
    speed = np.hypot(*np.diff(p, axis=0).T) / np.maximum(np.diff(t), 4)
    speed = np.convolve(speed, np.ones(3) / 3, "same")
    slow = np.flatnonzero(speed <= share * speed.max())
    peak = speed.argmax()
    before, after = slow[slow < peak], slow[slow > peak]
    return (before[-1] + 1 if len(before) else 0), (after[0] if len(after) else len(run) - 1)


def still_presses(events):
    """Nothing moves between down and up, as on a trackpad that is tapped."""
    out, held = [], False
    for e in events:
        held = e[1] == "down" or (held and e[1] != "up")
        if not (held and e[1] == "move"):
            out.append(e)
    return out


def shaky_presses(events, rng):
    """A pixel's move within most presses: what a program would add if it knew."""
    out = []
    for e in events:
        if e[1] == "up" and out and out[-1][1] == "down" and e[0] - out[-1][0] > 20 and rng.random() < 0.8:
            out.append([(e[0] + out[-1][0]) // 2, "move", out[-1][2] + int(rng.integers(-1, 2)), out[-1][3] + 1])
        out.append(e)
    return out


def resent(events, rng, share):
    """Movements begin where the pointer already was in this share of cases, and in no others."""
    out, place, last_t = [], None, -1e9
    for e in events:
        if e[1] == "move" and e[0] - last_t > 200 and place is not None:
            if e[2:4] == place:
                place = None
            elif rng.random() < share and out[-1][0] < e[0] - 17:
                out.append([e[0] - 17, "move", *place])
            if place is None:
                place, last_t = e[2:4], e[0]
                continue
        out.append(e)
        if e[1] in data.PLACED:
            place = e[2:4]
        if e[1] == "move":
            last_t = e[0]
    return out
