"""Programs that steer step by step: walks, springs, agents. Samplers as in curves.py."""

import numpy as np

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
