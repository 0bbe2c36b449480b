"""What the programs of curves.py, controllers.py and borrowed.py draw once a session: a real script fixes its easing,
its speed and its noise."""

import numpy as np


def ease(rng):
    """A progress curve on [0, 1], as animation and automation libraries use them."""
    kind = rng.integers(9)
    p = rng.uniform(1.2, 4.5)
    if kind == 0:
        return lambda s: s
    if kind == 1:
        return lambda s: 1 - (1 - s) ** p
    if kind == 2:
        return lambda s: s**p
    if kind == 3:
        return lambda s: np.where(s < 0.5, 0.5 * (2 * s) ** p, 1 - 0.5 * (2 * (1 - s)) ** p)
    if kind == 4:
        return lambda s: (1 - np.cos(np.pi * s)) / 2
    if kind == 5:
        return lambda s: np.sin(np.pi * s / 2)
    if kind == 6:
        return lambda s: s**3 * (10 - 15 * s + 6 * s**2)
    if kind == 7:
        k = rng.uniform(4, 12)
        f = lambda s: 1 / (1 + np.exp(-k * (s - 0.5)))
        return lambda s: (f(s) - f(0.0)) / (f(1.0) - f(0.0))
    q = rng.uniform(1.2, 4)
    return lambda s: 1 - (1 - s**p) ** q


def duration(rng):
    """How long a stroke of some length takes, ms: constant, by speed, or by Fitts' law."""
    kind = rng.integers(3)
    base, speed, spread = rng.uniform(150, 1200), rng.uniform(0.4, 3.0), rng.uniform(0, 0.35)
    a, k = rng.uniform(50, 400), rng.uniform(70, 220)

    def duration(length):
        ms = [base, length / speed + 60, a + k * np.log2(1 + length / 30)][kind]
        return float(np.clip(ms * np.exp(rng.normal(0, spread)), 90, 3000))

    return duration


def noise(rng):
    """Added position noise, px: none, white, smooth (value noise) or a tremor."""
    kind, size = rng.integers(4), rng.uniform(0.2, 3.5)
    step, hz = rng.integers(2, 12), rng.uniform(6, 12)

    def noise(t):
        n = len(t)
        if kind == 0:
            return np.zeros((n, 2))
        if kind == 1:
            return rng.normal(0, size, (n, 2))
        if kind == 2:
            knots = rng.normal(0, 1.5 * size, (n // step + 3, 2))
            x = np.arange(n) / step
            i = x.astype(int)
            f = (x - i)[:, None]
            f = f * f * (3 - 2 * f)
            return knots[i] * (1 - f) + knots[i + 1] * f
        phase = rng.uniform(0, 6.28, 2)
        return size * np.sin(2 * np.pi * hz * t[:, None] / 1000 + phase)

    return noise


def clock(rng):
    """Times at which a script sends its positions, given a duration, ms."""
    kind = rng.integers(4)
    dt, jitter, count = rng.uniform(6, 24), rng.uniform(0, 0.5), rng.integers(12, 90)

    def clock(ms):
        n = count if kind == 0 else max(5, int(ms / dt))
        t = np.linspace(0, ms, n + 1)
        if kind == 2:
            steps = np.clip(rng.normal(1, jitter, n), 0.1, 3)
            t = np.concatenate([[0], np.cumsum(steps)]) * ms / steps.sum()
        if kind == 3:
            steps = rng.exponential(1, n) * jitter + 0.6
            t = np.concatenate([[0], np.cumsum(steps)]) * ms / steps.sum()
        return t

    return clock


def frame(a, b):
    d = b - a
    return d, np.array([-d[1], d[0]])
