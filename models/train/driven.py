"""How published libraries are driven: on clocks of their own, so that nothing waits, and what a page sees of what they type."""

import asyncio

import numpy as np


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time passes only when everybody waits."""

    now = 0.0

    def time(self):
        return self.now

    def _run_once(self):
        if not self._ready and self._scheduled:
            self.now = max(self.now, self._scheduled[0].when())
        super()._run_once()


def recorded(script):
    """What `script(note, loop)` notes, each with the ms it came at: `note(*what)`."""
    loop, noted = Clock(), []

    def note(*what):
        noted.append([1000 * loop.time(), *what])

    # asyncio's own resolution would round what is due to one time.
    loop._clock_resolution = 1e-9
    try:
        loop.run_until_complete(script(note, loop))
    finally:
        loop.close()
    return noted


class Watch:
    """Stands in for the module `time` where a library sleeps. What is noted comes with the ms it came at."""

    def __init__(self):
        self.now, self.noted = 0.0, []

    def sleep(self, seconds):
        self.now += seconds

    def time(self):
        return self.now

    def note(self, *what):
        self.noted.append([1000 * self.now, *what])


def path(noted):
    return np.array([e[0] for e in noted], float), np.array([e[1:3] for e in noted], float)


SENTENCES = [
    "My parcel has not come yet, please look where it is.",
    "We moved to another street in May and the old address is still on the bill.",
    "I would like two tickets for Saturday evening, seats next to each other.",
    "Thank you for the quick answer. Everything works again since this morning.",
    "Please tell Anna that the meeting begins at ten and not at nine.",
    "The second page of the form asks for a number that I do not have.",
]


def typed(rng, make):
    """One to three sentences as a page sees them that a typist of `make` types: `make(rng)(text)` gives
    `[[ms, "keydown" or "keyup", key], ...]`."""
    text = " ".join(rng.choice(SENTENCES, rng.integers(1, 4), replace=False))
    events = [[round(t), what, key_class(key)] for t, what, key in sorted(make(rng)(text), key=lambda e: e[0])]
    return dict(viewport=[1280, 720], events=events)


def key_class(key):
    """What the widget keeps of a key."""
    if len(key) > 1:
        return {"space": "space", "backspace": "backspace", "shift": "modifier"}[key.lower()]
    return "letter" if key.isalpha() else "digit" if key.isdigit() else "space" if key == " " else "punctuation"
