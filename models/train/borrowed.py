"""Programs whose movements come from recorded people: replayed, sewn together, averaged, learnt. Their `session` is a
sampler as in curves.py."""

import numpy as np

import draws


def _resampled(strokes, moves, grid):
    """Of every stroke over 60 px with at least that many moves: the way from start to end, its length, how long it took,
    and its positions, from the first on, at the times `grid(t)`."""
    for t, p in strokes:
        d = p[-1] - p[0]
        length = np.hypot(*d)
        if length >= 60 and len(t) >= moves:
            at = grid(t)
            yield d, length, t[-1] - t[0], np.stack([np.interp(at, t, p[:, i]) for i in (0, 1)], 1) - p[0]


class Quilt:
    """People's strokes cut into pieces and sewn together: each piece from somebody who at that share of the
    way went about as fast, so that every step is a person's and the whole is nobody's."""

    def __init__(self, strokes):
        self.u, self.v, self.len = [], [], []
        for d, length, _, q in _resampled(strokes, 12, lambda t: np.arange(t[0], t[-1], 8.0)):
            z = (q[:, 0] + 1j * q[:, 1]) * np.exp(-1j * np.angle(complex(*d)))
            step = np.diff(z)
            self.v.append(step)
            self.u.append(np.cumsum(np.abs(step)) / max(np.abs(step).sum(), 1e-9))
            self.len.append(length)
        self.len = np.array(self.len)
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
        count, sharp, noise, grain = rng.integers(2, 5), rng.uniform(0.3, 3), draws.noise(rng), rng.random() < 0.4

        def stroke(rng, a, b):
            row = rng.dirichlet([sharp] * count) @ self.rows[rng.integers(0, len(self.rows), count)]
            return _along(row, rng, a, b, noise if grain else None)

        return stroke


class Learned:
    """A small generative model of people's strokes: Gaussian in the principal components of
    (progress, bow, ln duration), fitted on the training users."""

    def __init__(self, strokes):
        rows = []
        for d, length, ms, q in _resampled(strokes, 8, lambda t: np.linspace(t[0], t[-1], 33)):
            u, n = d / length, np.array([-d[1], d[0]]) / length
            rows.append(np.concatenate([q @ u / length, q @ n / length, [np.log(ms)]]))
        rows = np.array(rows)
        rows = rows[(np.abs(rows[:, 33:66]).max(1) < 0.8) & (rows[:, :33].max(1) < 1.4)]
        self.rows = rows
        self.mean = rows.mean(0)
        _, self.s, self.v = np.linalg.svd(rows - self.mean, full_matrices=False)
        self.s = self.s / np.sqrt(len(rows))

    def session(self, rng):
        k, temperature, noise = rng.integers(4, 40), rng.uniform(0.5, 1.0), draws.noise(rng)
        grain = rng.random() < 0.4

        def stroke(rng, a, b):
            z = rng.normal(0, temperature, k) * self.s[:k]
            return _along(self.mean + z @ self.v[:k], rng, a, b, noise if grain else None)

        return stroke


def _along(row, rng, a, b, noise):
    """The stroke from a to b that a row of [`Learned`] describes."""
    d, n = draws.frame(a, b)
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
