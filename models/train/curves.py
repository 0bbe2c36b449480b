"""Programs that move along a curve by a formula.

Every kind is a sampler for one session; what it returns is `f(rng, a, b) -> (t_ms, xy)`: a stroke from point a to b.
"""

import numpy as np

import draws


def bezier(rng):
    ease, duration, noise, clock = draws.ease(rng), draws.duration(rng), draws.noise(rng), draws.clock(rng)
    degree, bow = rng.integers(2, 6), rng.uniform(0.02, 0.5)
    one_side, by_arc = rng.random() < 0.5, rng.random() < 0.3
    overshoot = rng.random() < 0.3

    def stroke(rng, a, b):
        d, n = draws.frame(a, b)
        t = clock(duration(np.hypot(*d)))
        u = ease(t / t[-1])
        side = rng.choice([-1, 1])
        ctrl = [a]
        for i in range(1, degree):
            off = abs(rng.normal(0, bow)) * side if one_side else rng.normal(0, bow)
            along = np.clip(i / degree + rng.normal(0, 0.15), -0.2, 1.2)
            ctrl.append(a + d * along + n * off)
        ctrl.append(b)
        if by_arc:
            fine = _bernstein(np.linspace(0, 1, 200), ctrl)
            s = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(fine, axis=0).T))])
            p = np.stack([np.interp(u * s[-1], s, fine[:, i]) for i in (0, 1)], 1)
        else:
            p = _bernstein(u, ctrl)
        p = p + noise(t) * np.sin(np.pi * u)[:, None]
        if overshoot and rng.random() < 0.6:
            over = b + d / (np.hypot(*d) + 1) * rng.uniform(4, 30) + rng.normal(0, 5, 2)
            t2 = np.linspace(0, rng.uniform(80, 250), 9)[1:]
            back = over + (b - over) * ease(t2 / t2[-1])[:, None]
            p = p + (over - b) * (u**3)[:, None]
            return np.concatenate([t, t[-1] + t2]), np.concatenate([p, back])
        return t, p

    return stroke


def _bernstein(u, ctrl):
    pts = [np.repeat(c[None, :], len(u), 0) for c in np.array(ctrl, float)]
    while len(pts) > 1:
        pts = [p * (1 - u)[:, None] + q * u[:, None] for p, q in zip(pts, pts[1:])]
    return pts[0]


def tween(rng):
    ease, duration, noise, clock = draws.ease(rng), draws.duration(rng), draws.noise(rng), draws.clock(rng)

    def stroke(rng, a, b):
        t = clock(duration(np.hypot(*(b - a))))
        return t, a + (b - a) * ease(t / t[-1])[:, None] + noise(t)

    return stroke


def minimum_jerk(rng):
    duration, noise, clock = draws.duration(rng), draws.noise(rng), draws.clock(rng)
    parts, bow, signal = rng.integers(1, 4), rng.uniform(0, 0.15), rng.uniform(0, 0.15)

    def stroke(rng, a, b):
        d, n = draws.frame(a, b)
        t = clock(duration(np.hypot(*d)))
        s = t / t[-1]
        mj = lambda s: np.clip(s, 0, 1) ** 3 * (10 - 15 * np.clip(s, 0, 1) + 6 * np.clip(s, 0, 1) ** 2)
        if parts == 1:
            u = mj(s)
        else:
            share = np.sort(rng.uniform(0.6, 0.95, parts - 1))
            ends = np.concatenate([[0], share, [1]])
            starts = np.concatenate([[0], np.sort(rng.uniform(0.4, 0.75, parts - 1))])
            u = sum((ends[i + 1] - ends[i]) * mj((s - starts[i]) / rng.uniform(0.25, 1 - starts[i])) for i in range(parts))
            u = u / u[-1]
        p = a + d * u[:, None] + n * (rng.normal(0, bow) * np.sin(np.pi * u))[:, None]
        v = np.gradient(u)
        wobble = np.cumsum(rng.normal(0, 1, (len(t), 2)) * signal * (v * np.hypot(*d))[:, None], 0)
        wobble -= np.linspace(0, 1, len(t))[:, None] * wobble[-1]
        return t, p + wobble + noise(t) * np.sin(np.pi * s)[:, None]

    return stroke


def lognormal(rng):
    """Sums of lognormal impulses (Plamondon's kinematic theory) with noise in every parameter."""
    duration, noise = draws.duration(rng), draws.noise(rng)
    extra, bend, sigma0 = rng.integers(0, 4), rng.uniform(0, 0.5), rng.uniform(0.15, 0.5)
    quiet = rng.random() < 0.5

    def stroke(rng, a, b):
        d, _ = draws.frame(a, b)
        ms = duration(np.hypot(*d))
        t = np.arange(0, ms * 1.6, rng.uniform(8, 16.7))
        shares = np.concatenate([[1.0], rng.uniform(0.05, 0.35, extra)])
        v = np.zeros((len(t), 2))
        for i, share in enumerate(shares):
            t0 = -40 + i * ms * rng.uniform(0.2, 0.45)
            sigma = sigma0 * np.exp(rng.normal(0, 0.2))
            mu = np.log(ms * rng.uniform(0.3, 0.5))
            x = np.maximum(t - t0, 1e-3)
            speed = share * np.exp(-((np.log(x) - mu) ** 2) / (2 * sigma**2)) / (x * sigma)
            angle = np.arctan2(d[1], d[0]) + rng.normal(0, bend) * (0.3 if i == 0 else 1)
            sweep = np.linspace(rng.normal(0, bend), 0, len(t))
            v += speed[:, None] * np.stack([np.cos(angle + sweep), np.sin(angle + sweep)], 1)
        p = np.cumsum(v, 0)
        p -= p[0]
        # Turn and stretch so that it ends on the target.
        e = p[-1]
        rot = np.arctan2(d[1], d[0]) - np.arctan2(e[1], e[0])
        scale = np.hypot(*d) / (np.hypot(*e) + 1e-9)
        c, s = np.cos(rot) * scale, np.sin(rot) * scale
        p = a + p @ np.array([[c, s], [-s, c]])
        return t, p if quiet else p + noise(t) * 0.4

    return stroke


def spline(rng):
    """A smooth curve through random way points, walked with an easing."""
    ease, duration, noise, clock = draws.ease(rng), draws.duration(rng), draws.noise(rng), draws.clock(rng)
    points, spread = rng.integers(1, 6), rng.uniform(0.02, 0.25)

    def stroke(rng, a, b):
        d, n = draws.frame(a, b)
        t = clock(duration(np.hypot(*d)))
        u = ease(t / t[-1])
        s = np.linspace(0, 1, points + 2)
        off = np.concatenate([[0], rng.normal(0, spread, points), [0]])
        along = s + np.concatenate([[0], rng.normal(0, 0.05, points), [0]])
        from scipy.interpolate import CubicSpline

        side, fwd = CubicSpline(s, off)(u), CubicSpline(s, along)(u)
        return t, a + d * fwd[:, None] + n * side[:, None] + noise(t) * np.sin(np.pi * u)[:, None]

    return stroke


def reaching(rng):
    """A hand by the textbook: an aimed first submovement that falls short and astray in proportion to its
    size, corrections after a reaction time until the target is met, noise that grows with the speed
    (Harris & Wolpert 1998), and physiological tremor."""
    a, k, spread = rng.uniform(60, 260), rng.uniform(70, 190), rng.uniform(0.05, 0.3)
    short, astray, reaction = rng.uniform(0.02, 0.15), rng.uniform(0.01, 0.12), rng.uniform(70, 220)
    signal, memory, tremor, hz = rng.uniform(0.0, 0.35), rng.uniform(0.5, 0.95), rng.uniform(0, 0.6), rng.uniform(7, 12)
    lean, bow, lognormal = rng.uniform(0.35, 0.6), rng.uniform(0, 0.12), rng.random() < 0.5
    dt, target = rng.uniform(7, 10), rng.uniform(3, 14)

    def bell(t, ms):
        """Progress of one submovement, its peak at `lean` of its time."""
        s = np.clip(t / ms, 0, 1)
        if lognormal:
            from scipy.special import ndtr

            return ndtr((np.log(np.maximum(s, 1e-6)) - np.log(lean)) / 0.45) / ndtr(-np.log(lean) / 0.45)
        s = s ** (np.log(0.5) / np.log(lean))
        return s**3 * (10 - 15 * s + 6 * s**2)

    def stroke(rng, start, goal):
        at, parts, begin = start.astype(float), [], 0.0
        for n in range(4):
            d, side = draws.frame(at, goal)
            length = np.hypot(*d)
            if n and length < target:
                break
            ms = max(90.0, (a + k * np.log2(1 + length / 30)) * np.exp(rng.normal(0, spread)) * (1 if n == 0 else 0.7))
            aim = d * (1 - abs(rng.normal(short, short))) + side * rng.normal(0, astray)
            parts.append((begin, ms, aim, side * rng.normal(0, bow if n == 0 else 0)))
            at, begin = at + aim, begin + max(0.5 * ms, ms - rng.uniform(0.3, 1) * reaction)
        t = np.arange(0, max(b + ms for b, ms, *_ in parts) + dt, dt)
        p = np.repeat(start[None, :].astype(float), len(t), 0)
        for b, ms, aim, bend in parts:
            u = bell(t - b, ms)[:, None]
            p = p + aim * u + bend * 4 * u * (1 - u)
        v, noise, last = np.diff(p, axis=0, prepend=p[:1]), np.zeros_like(p), np.zeros(2)
        for i in range(len(t)):
            last = memory * last + rng.normal(0, 1, 2) * signal * np.hypot(*v[i])
            noise[i] = last
        phase = rng.uniform(0, 6.28, 2)
        shake = tremor * np.sin(2 * np.pi * hz * t[:, None] / 1000 * (1 + 0.03 * np.sin(t[:, None] / 300)) + phase)
        return t, p + noise + shake

    return stroke
