"""Programs that steer step by step: walks, springs, agents. Samplers as in curves.py."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

import draws


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
        d, n = draws.frame(a, b)
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


def smoothed_wind(rng):
    """A gravity-and-wind walk, smoothed, slowed down before the target."""
    base, sigma, slow = wind(rng), rng.uniform(1, 5), rng.uniform(0, 2)
    noise, pace = rng.uniform(0, 0.12), np.exp(rng.uniform(-0.2, 0.6))

    def stroke(rng, a, b):
        t, p = base(rng, a, b)
        if len(p) < 8:
            return t, p
        p = np.concatenate([p[:1], gaussian_filter1d(p, sigma, axis=0, mode="nearest")[1:-1], p[-1:]])
        left = np.hypot(*(p - b).T) / np.hypot(*(b - a))
        t = np.concatenate([[0], np.cumsum(np.diff(t) * (1 + slow * np.exp(-6 * left[1:])))]) * pace
        return t, p + draws.hand_noise(rng, p, 0.8, noise)

    return stroke


def optimal(rng):
    """Optimal feedback control of a point mass with a slow muscle (after Todorov 2002), its noise in proportion to its
    command and to the way that is left."""
    duration, dt, lag, cost = draws.duration(rng), 0.01, rng.uniform(0.03, 0.09), 10 ** rng.uniform(-8, -5.5)
    tremble, blur, late = rng.uniform(0, 0.4), rng.uniform(0, 0.03), rng.integers(0, 12)
    stop, sideways = 10 ** rng.uniform(-2, 0), rng.uniform(0, 0.6)
    a_, b_ = np.array([[1, dt, 0], [0, 1, dt], [0, 0, 1 - dt / lag]]), np.array([0, 0, dt / lag])
    known = {}

    def gains(steps):
        """What to command for position, speed and force, from the end backwards (Riccati's recursion)."""
        if steps not in known:
            end = np.diag([1, 0.1 * stop, 0.01 * stop])
            s, out = end, []
            for i in range(steps):
                k = b_ @ s @ a_ / (cost + b_ @ s @ b_)
                s = a_.T @ s @ (a_ - np.outer(b_, k)) + (0.02 * end if i > 0.9 * steps else 0)
                out.append(k)
            known[steps] = out[::-1]
        return known[steps]

    def stroke(rng, a, b):
        plan = gains(10 * max(2, int(duration(np.hypot(*(b - a))) / 100)))
        x = np.zeros((2, 3))
        x[:, 0], x[:, 1] = a - b, draws.frame(a, b)[1] * rng.normal(0, sideways)
        past = []
        for i in range(len(plan) + rng.integers(0, 15)):
            past.append(x)
            seen = x + 0.15 * (past[max(0, i - late)] - x)
            seen[:, 0] += rng.normal(0, blur, 2) * np.abs(x[:, 0])
            command = -(seen @ plan[min(i, len(plan) - 1)]) * (1 + rng.normal(0, tremble, 2))
            x = x @ a_.T + np.outer(command, b_)
        return np.arange(len(past)) * 1000 * dt, np.array([x[:, 0] for x in past]) + b

    return stroke


def pid(rng):
    """A controller with proportional, integral and differential gain, dead time, lag and a top speed, by way of a point
    off the line."""
    kp, ki, kd = rng.uniform(4, 10), rng.uniform(0, 0.6), rng.uniform(0, 0.1)
    lag, dead, top = rng.uniform(0.02, 0.08), rng.integers(0, 5), rng.uniform(600, 4000)
    noise, off, dt = rng.uniform(0, 0.25), rng.uniform(0, 0.4), 0.01

    def stroke(rng, a, b):
        d, n = draws.frame(a, b)
        via = a + d / 2 + n * rng.normal(0, off)
        p, v, total, errors, out = a.astype(float), np.zeros(2), np.zeros(2), [], []
        for i in range(160):
            out.append(p)
            share = max(0, 1 - i / 18)
            errors.append(b * (1 - share) + via * share - p)
            error = errors[max(0, i - dead)]
            total = total + error * dt
            slope = (errors[-1] - errors[-2]) / dt if i else np.zeros(2)
            command = (kp * error + ki * total + kd * slope) * (1 + rng.normal(0, noise, 2))
            command = command * min(1, top / max(np.hypot(*command), 1e-9))
            v = v + (command - v) * dt / lag
            p = p + v * dt
            if np.hypot(*(b - p)) < 2.5 and np.hypot(*v) < 60:
                break
        return np.arange(len(out) + 1) * 1000 * dt, np.array([*out, b])

    return stroke


def counted(rng):
    """A controller whose hand moves a mouse: whole counts at the device's rate, which go farther the faster it goes."""
    base = optimal(rng) if rng.random() < 0.5 else pid(rng)
    gain, acceleration, ms = rng.uniform(0.6, 2.2), rng.uniform(0, 0.5), 1000 / rng.choice([90, 125, 250, 500])

    def stroke(rng, a, b):
        t, p = base(rng, a, b)
        ticks = np.arange(0, t[-1] + ms, ms)
        q = np.stack([np.interp(ticks, t, p[:, i]) for i in (0, 1)], 1)
        steps = np.diff(q, axis=0, prepend=q[:1])
        px = gain * (1 + acceleration * np.log1p(np.hypot(*steps.T)))[:, None]
        counts = np.diff(np.round(np.cumsum(steps / px, 0)), axis=0, prepend=np.zeros((1, 2)))
        return ticks, q[0] + np.cumsum(counts * px, 0)

    return stroke
