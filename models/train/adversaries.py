"""Programs that move a pointer or type, one function a kind, each with its parameters drawn anew for
every session. They stand for the bots nobody has recorded yet.

Every movement kind is `f(rng, a, b) -> (t_ms, xy)`: a stroke from point a to point b. `KINDS` makes a
sampler for one session, so that what a real script fixes once (easing, speed, noise) is fixed once.
"""

import numpy as np


def _ease(rng):
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


def _duration(rng):
    """How long a stroke of some length takes, ms: constant, by speed, or by Fitts' law."""
    kind = rng.integers(3)
    base, speed, spread = rng.uniform(150, 1200), rng.uniform(0.4, 3.0), rng.uniform(0, 0.35)
    a, k = rng.uniform(50, 400), rng.uniform(70, 220)

    def duration(length):
        ms = [base, length / speed + 60, a + k * np.log2(1 + length / 30)][kind]
        return float(np.clip(ms * np.exp(rng.normal(0, spread)), 90, 3000))

    return duration


def _noise(rng):
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


def _clock(rng):
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


def _frame(a, b):
    d = b - a
    return d, np.array([-d[1], d[0]])


def bezier(rng):
    ease, duration, noise, clock = _ease(rng), _duration(rng), _noise(rng), _clock(rng)
    degree, bow = rng.integers(2, 6), rng.uniform(0.02, 0.5)
    one_side, by_arc = rng.random() < 0.5, rng.random() < 0.3
    overshoot = rng.random() < 0.3

    def stroke(rng, a, b):
        d, n = _frame(a, b)
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
    ease, duration, noise, clock = _ease(rng), _duration(rng), _noise(rng), _clock(rng)

    def stroke(rng, a, b):
        t = clock(duration(np.hypot(*(b - a))))
        return t, a + (b - a) * ease(t / t[-1])[:, None] + noise(t)

    return stroke


def minimum_jerk(rng):
    duration, noise, clock = _duration(rng), _noise(rng), _clock(rng)
    parts, bow, signal = rng.integers(1, 4), rng.uniform(0, 0.15), rng.uniform(0, 0.15)

    def stroke(rng, a, b):
        d, n = _frame(a, b)
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
    duration, noise = _duration(rng), _noise(rng)
    extra, bend, sigma0 = rng.integers(0, 4), rng.uniform(0, 0.5), rng.uniform(0.15, 0.5)
    quiet = rng.random() < 0.5

    def stroke(rng, a, b):
        d, _ = _frame(a, b)
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


def wind(rng):
    """The gravity-and-wind walk many libraries share, its constants drawn."""
    g0, w0, m0, d0 = rng.uniform(4, 14), rng.uniform(1, 10), rng.uniform(6, 30), rng.uniform(6, 25)
    dt, jitter = rng.uniform(5, 20), rng.uniform(0, 0.4)

    def stroke(rng, a, b):
        p, v, w, m = a.astype(float).copy(), np.zeros(2), np.zeros(2), m0
        out = [p.copy()]
        for _ in range(600):
            dist = np.hypot(*(b - p))
            if dist < 1.5:
                break
            wm = min(w0, dist)
            if dist >= d0:
                w = w / np.sqrt(3) + rng.uniform(-1, 1, 2) * wm / np.sqrt(5)
            else:
                w = w / np.sqrt(3)
                m = rng.uniform(3, 6) if m < 3 else m / np.sqrt(5)
            v = v + w + g0 * (b - p) / dist
            speed = np.hypot(*v)
            if speed > m:
                v = v / speed * (m / 2 + rng.uniform(0, 1) * m / 2)
            p = p + v
            out.append(p.copy())
        out = np.array(out + [b.astype(float)])
        steps = dt * np.clip(rng.normal(1, jitter, len(out) - 1), 0.2, 3)
        return np.concatenate([[0], np.cumsum(steps)]), out

    return stroke


def spring(rng):
    """A damped spring or a pursuit controller that chases the target, with noise in the force."""
    k, damp, kick = rng.uniform(20, 160), rng.uniform(0.45, 1.3), rng.uniform(0, 0.3)
    side, delay = rng.uniform(0, 0.6), rng.uniform(6, 20)

    def stroke(rng, a, b):
        p, v = a.astype(float).copy(), np.zeros(2)
        d, n = _frame(a, b)
        v = n * rng.normal(0, side)
        dt, out = 0.008, []
        for _ in range(400):
            out.append(p.copy())
            force = k * (b - p) - 2 * damp * np.sqrt(k) * v + rng.normal(0, 1, 2) * kick * k * np.hypot(*d) * 0.3
            v = v + force * dt
            p = p + v * dt
            if np.hypot(*(b - p)) < 2 and np.hypot(*v) < 40:
                break
        out = np.array(out + [b.astype(float)])
        return np.arange(len(out)) * delay, out

    return stroke


def spline(rng):
    """A smooth curve through random way points, walked with an easing."""
    ease, duration, noise, clock = _ease(rng), _duration(rng), _noise(rng), _clock(rng)
    points, spread = rng.integers(1, 6), rng.uniform(0.02, 0.25)

    def stroke(rng, a, b):
        d, n = _frame(a, b)
        t = clock(duration(np.hypot(*d)))
        u = ease(t / t[-1])
        s = np.linspace(0, 1, points + 2)
        off = np.concatenate([[0], rng.normal(0, spread, points), [0]])
        along = s + np.concatenate([[0], rng.normal(0, 0.05, points), [0]])
        from scipy.interpolate import CubicSpline

        side, fwd = CubicSpline(s, off)(u), CubicSpline(s, along)(u)
        return t, a + d * fwd[:, None] + n * side[:, None] + noise(t) * np.sin(np.pi * u)[:, None]

    return stroke


def steering(rng):
    """An agent that turns towards the target at a limited rate while its speed follows the distance."""
    rate, gain, top, low = rng.uniform(0.05, 0.5), rng.uniform(0.04, 0.2), rng.uniform(10, 45), rng.uniform(0.8, 3)
    wander, dt, ramp = rng.uniform(0, 0.2), rng.uniform(8, 17), rng.uniform(0.1, 1)

    def stroke(rng, a, b):
        p = a.astype(float).copy()
        angle = np.arctan2(*(b - a)[::-1]) + rng.normal(0, 0.7)
        out, speed = [p.copy()], 0.0
        for _ in range(500):
            gap = b - p
            dist = np.hypot(*gap)
            if dist < 3:
                break
            turn = (np.arctan2(gap[1], gap[0]) - angle + np.pi) % (2 * np.pi) - np.pi
            limit = rate + (0.6 if dist < 40 else 0)
            angle += np.clip(turn, -limit, limit) + rng.normal(0, wander)
            speed += ramp * (np.clip(gain * dist, low, top) - speed)
            p = p + min(speed, dist) * np.array([np.cos(angle), np.sin(angle)])
            out.append(p.copy())
        out = np.array(out + [b.astype(float)])
        return np.arange(len(out)) * dt, out

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
            d, side = _frame(at, goal)
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


class Quilt:
    """People's strokes cut into pieces and sewn together: each piece from somebody who at that share of the
    way went about as fast, so that every step is a person's and the whole is nobody's."""

    def __init__(self, strokes):
        self.u, self.v, self.len, self.ms = [], [], [], []
        for t, p in strokes:
            d = p[-1] - p[0]
            length = np.hypot(*d)
            if length < 60 or len(t) < 12:
                continue
            grid = np.arange(t[0], t[-1], 8.0)
            q = np.stack([np.interp(grid, t, p[:, i]) for i in (0, 1)], 1) - p[0]
            z = (q[:, 0] + 1j * q[:, 1]) * np.exp(-1j * np.angle(complex(*d)))
            step = np.diff(z)
            self.v.append(step)
            self.u.append(np.cumsum(np.abs(step)) / max(np.abs(step).sum(), 1e-9))
            self.len.append(length)
            self.ms.append(t[-1] - t[0])
        self.len, self.ms = np.array(self.len), np.array(self.ms)
        self.order = np.argsort(self.len)

    def session(self, rng):
        patch, fade = rng.integers(4, 25), rng.integers(1, 5)
        sloppy = rng.uniform(0.1, 0.6)

        def stroke(rng, a, b):
            length = np.hypot(*(b - a))
            near = np.searchsorted(self.len[self.order], length)
            pool = self.order[max(0, near - 60) : near + 60]
            first = pool[rng.integers(len(pool))]
            steps = list(self.v[first][:patch])
            for _ in range(40):
                gone = np.sum(steps)
                if abs(gone.real) > 0.98 * self.len[first] or len(steps) > 400:
                    break
                share, speed = np.clip(gone.real / self.len[first], 0, 0.99), abs(steps[-1])
                best = None
                for other in rng.choice(pool, 12):
                    at = np.searchsorted(self.u[other], share)
                    if at + 3 >= len(self.v[other]):
                        continue
                    gap = abs(np.log((abs(self.v[other][at]) + 0.5) / (speed + 0.5))) + rng.exponential(sloppy)
                    if best is None or gap < best[0]:
                        best = (gap, other, at)
                if best is None:
                    break
                piece = self.v[best[1]][best[2] : best[2] + patch].copy()
                for i in range(min(fade, len(piece))):
                    w = (i + 1) / (fade + 1)
                    piece[i] = w * piece[i] + (1 - w) * steps[-1]
                steps += list(piece)
            z = np.concatenate([[0], np.cumsum(steps)])
            z = z * (complex(*(b - a)) / (z[-1] if abs(z[-1]) > 20 else 20))
            return np.arange(len(z)) * 8.0, a + np.stack([z.real, z.imag], 1)

        return stroke


class Blend:
    """Weighted means of a few people's strokes: what generative models that smooth between examples give."""

    def __init__(self, learned):
        self.rows = learned.rows

    def session(self, rng):
        count, sharp, noise, grain = rng.integers(2, 5), rng.uniform(0.3, 3), _noise(rng), rng.random() < 0.4

        def stroke(rng, a, b):
            row = rng.dirichlet([sharp] * count) @ self.rows[rng.integers(0, len(self.rows), count)]
            return _along(row, rng, a, b, noise if grain else None)

        return stroke


class Learned:
    """A small generative model of people's strokes: Gaussian in the principal components of
    (progress, bow, ln duration), fitted on the training users."""

    def __init__(self, strokes):
        rows = []
        for t, p in strokes:
            d = p[-1] - p[0]
            length = np.hypot(*d)
            if length < 60 or len(t) < 8:
                continue
            grid = np.linspace(t[0], t[-1], 33)
            q = np.stack([np.interp(grid, t, p[:, i]) for i in (0, 1)], 1) - p[0]
            u, n = d / length, np.array([-d[1], d[0]]) / length
            rows.append(np.concatenate([q @ u / length, q @ n / length, [np.log(t[-1] - t[0])]]))
        rows = np.array(rows)
        rows = rows[(np.abs(rows[:, 33:66]).max(1) < 0.8) & (rows[:, :33].max(1) < 1.4)]
        self.rows = rows
        self.mean = rows.mean(0)
        _, self.s, self.v = np.linalg.svd(rows - self.mean, full_matrices=False)
        self.s = self.s / np.sqrt(len(rows))

    def session(self, rng):
        k, temperature, noise = rng.integers(4, 40), rng.uniform(0.5, 1.0), _noise(rng)
        grain = rng.random() < 0.4

        def stroke(rng, a, b):
            z = rng.normal(0, temperature, k) * self.s[:k]
            return _along(self.mean + z @ self.v[:k], rng, a, b, noise if grain else None)

        return stroke


def _along(row, rng, a, b, noise):
    """The stroke from a to b that a row of [`Learned`] describes."""
    d, n = _frame(a, b)
    along, side, ramp = row[:33].copy(), row[33:66].copy(), np.linspace(0, 1, 33)
    along = (along - along[0]) - ramp * (along[-1] - along[0] - 1)
    side = side - side[0] - ramp * (side[-1] - side[0])
    ms = float(np.clip(np.exp(row[66]), 120, 2500))
    t = np.arange(0, ms, 8.0)
    f, s = np.interp(t / ms, ramp, along), np.interp(t / ms, ramp, side)
    return t, a + d * f[:, None] + n * s[:, None] + (noise(t) * 0.3 if noise else 0)


class Replay:
    """Recorded strokes of the training users, turned and stretched onto other targets, warped in time,
    jittered and spliced; sometimes from a small stock, so that they repeat."""

    def __init__(self, strokes):
        self.strokes = [(t, p) for t, p in strokes if np.hypot(*(p[-1] - p[0])) > 60 and len(t) >= 8]

    def session(self, rng):
        stock = rng.integers(1, 4) if rng.random() < 0.5 else 40
        if rng.random() < 0.5:
            # One person's strokes, in the order they came.
            first = rng.integers(0, len(self.strokes) - 41)
            pick = self.strokes[first : first + stock]
        else:
            pick = [self.strokes[i] for i in rng.integers(0, len(self.strokes), stock)]
        warp, jitter = rng.uniform(0, 0.25), rng.choice([0.0, rng.uniform(0.2, 1.2)])
        bend, smooth, nearest = rng.choice([0.0, rng.uniform(0, 0.5)]), rng.choice([0, 0, rng.uniform(8, 40)]), rng.random() < 0.5

        def stroke(rng, a, b):
            d = b - a
            options = [pick[rng.integers(len(pick))] for _ in range(6 if nearest else 1)]
            t, p = min(options, key=lambda s: abs(np.log(np.hypot(*(s[1][-1] - s[1][0])) / np.hypot(*d))))
            t = (t - t[0]) * np.exp(rng.normal(0, warp))
            # Time runs unevenly: a smooth monotone warp that keeps both ends.
            s = t / t[-1]
            t = t[-1] * (s + bend * rng.uniform(-1, 1) * s * (1 - s))
            if smooth:
                w = np.exp(-0.5 * ((t[:, None] - t) / smooth) ** 2)
                p = np.concatenate([p[:1], (w @ p / w.sum(1)[:, None])[1:-1], p[-1:]])
            e = p[-1] - p[0]
            z = complex(*d) / complex(*e)
            q = (p - p[0]) @ np.array([[z.real, z.imag], [-z.imag, z.real]])
            return t, a + q + rng.normal(0, jitter, q.shape) * (jitter > 0)

        return stroke


KINDS = dict(
    bezier=bezier,
    tween=tween,
    minimum_jerk=minimum_jerk,
    minimum_reaching=reaching,
    lognormal=lognormal,
    wind=wind,
    spring=spring,
    spline=spline,
    steering=steering,
)


def session(rng, stroke, strokes):
    """Events of one session: strokes to random targets, mostly ending in a click."""
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
        sent = deliver(rng, t + ts, ps)
        if not resends and events and len(sent) > 1 and sent[0][2:] == events[-1][2:]:
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
