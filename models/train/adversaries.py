"""Programs that move a pointer or type, each with its parameters drawn anew for every session. They stand for the bots
nobody has recorded yet."""

import numpy as np

import controllers
import curves

KINDS = dict(
    bezier=curves.bezier,
    tween=curves.tween,
    minimum_jerk=curves.minimum_jerk,
    minimum_reaching=curves.reaching,
    lognormal=curves.lognormal,
    wind=controllers.wind,
    spring=controllers.spring,
    spline=curves.spline,
    steering=controllers.steering,
)


def deliver(rng, t, p):
    """What a page at 60 Hz gets: the last position of each frame, whole pixels and ms, no repeats."""
    out, last = {}, None
    phase = rng.uniform(0, 1000 / 60)
    for ti, pi in zip(t, np.round(p).astype(int)):
        out[int((ti + phase) * 60 / 1000)] = [int(round(ti)), "move", int(pi[0]), int(pi[1])]
    events = []
    for e in out.values():
        if last is None or e[2:] != last:
            events.append(e)
        last = e[2:]
    return events


def undelivered(_, t, p):
    """What a program asks for, before a browser makes events of it."""
    return [[float(ti), "move", *map(float, pi)] for ti, pi in zip(t, p)]


def session(rng, stroke, strokes, delivery=deliver):
    """Events of one session: strokes to random targets, mostly ending in a click. `delivery` says what comes of each
    stroke's moves."""
    w, h = rng.integers(900, 2000), rng.integers(600, 1200)
    events, t = [], 0.0
    at = np.array([rng.uniform(0, w), rng.uniform(0, h)])
    reach = rng.uniform(0.1, 0.7)
    clicks = rng.uniform(0.3, 1.0)
    # Half of them send where they already are, as most libraries do; some fidget, as hands do.
    resends, fidgets = rng.random() < 0.5, rng.random() < 0.25
    for _ in range(strokes):
        for _ in range(50):
            to = at + rng.normal(0, reach, 2) * [w, h]
            if 0 <= to[0] < w and 0 <= to[1] < h and np.hypot(*(to - at)) > 40:
                break
        else:
            to = np.array([rng.uniform(0, w), rng.uniform(0, h)])
        ts, ps = stroke(rng, at, to)
        sent = delivery(rng, t + ts, ps)
        if not resends and events and len(sent) > 1 and np.array_equal(np.round(sent[0][2:]), np.round(events[-1][2:])):
            sent = sent[1:]
        events += sent
        t += ts[-1]
        at = ps[-1]
        if rng.random() < clicks:
            t += rng.uniform(20, 250)
            down = t
            t += rng.uniform(40, 150)
            xy = [int(round(at[0])), int(round(at[1]))]
            events.append([round(down), "down", *xy])
            if fidgets and rng.random() < 0.7:
                xy = [xy[0] + int(rng.integers(-1, 2)), xy[1] + 1]
                events.append([round((down + t) / 2), "move", *xy])
            events.append([round(t), "up", *xy])
        t += rng.uniform(220, 900)
        if fidgets and rng.random() < 0.5:
            at = at + rng.integers(-3, 4, 2)
            events.append([round(t), "move", int(round(at[0])), int(round(at[1]))])
            t += rng.uniform(220, 400)
    return dict(viewport=[int(w), int(h)], events=events)


# Typing ------------------------------------------------------------------------------------------


def typing_session(rng, keys):
    """Keys as automation types them: dwell and gap drawn from some law, seldom overlapping."""
    gap_law, dwell_law = rng.integers(6), rng.integers(5)
    gap, spread = np.exp(rng.uniform(np.log(15), np.log(320))), rng.uniform(0.0, 0.7)
    dwell, dspread = np.exp(rng.uniform(np.log(0.6), np.log(140))), rng.uniform(0.0, 0.5)
    after_up = rng.random() < 0.7
    pause, drift = rng.choice([0, rng.uniform(0.02, 0.15)]), rng.choice([0, rng.uniform(0, 0.2)])
    mistakes = rng.choice([0, rng.uniform(0.01, 0.06)])
    slow_space = rng.choice([1.0, rng.uniform(1.1, 2.5)])

    def law(kind, m, s):
        if kind == 0:
            return m
        if kind == 1:
            return rng.uniform(m * (1 - s), m * (1 + s))
        if kind == 2:
            return max(m * 0.1, rng.normal(m, m * s))
        if kind == 3:
            return m * np.exp(rng.normal(0, s))
        if kind == 4:
            return m * rng.gamma(1 / (s * s + 0.02)) * (s * s + 0.02)
        return m + rng.exponential(m * s)

    events, t, tempo = [], 0.0, 0.0
    word = rng.integers(2, 9)
    for _ in range(keys):
        word -= 1
        kind = "letter"
        if word == 0:
            kind, word = "space", rng.integers(2, 9)
        if rng.random() < mistakes:
            kind = "backspace"
        tempo = 0.9 * tempo + rng.normal(0, drift)
        d = max(0.0, law(dwell_law, dwell, dspread))
        g = law(gap_law, gap, spread) * np.exp(tempo) * (slow_space if kind == "space" else 1)
        if rng.random() < pause:
            g += rng.uniform(200, 900)
        events += [[t, "keydown", kind], [t + d, "keyup", kind]]
        t = t + d + g if after_up else t + max(g, 1)
    events.sort(key=lambda e: e[0])
    return dict(viewport=[1280, 720], events=[[round(e[0]), *e[1:]] for e in events])
