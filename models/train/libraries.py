"""Published libraries that move a pointer or type for a program, driven on a clock of their own: nothing waits.

Only record.py imports this, with the packages of record-requirements.txt. `MOVERS` are samplers as in curves.py, `TYPISTS`
are samplers of `f(text) -> [[ms, "keydown" or "keyup", key], ...]`.
"""

import asyncio
import itertools
import random
from types import SimpleNamespace

import cloakbrowser.human.config as cloak
import cloakbrowser.human.engine as cloak_engine
import human_input.keyboard
import human_input.trajectory
import invisible_core.juggler._behaviour as invisible
import numpy as np
import pydoll.interactions.keyboard as pydoll_keyboard
import pydoll.interactions.mouse as pydoll_mouse
from cloakbrowser.human.mouse import plan_move
from humanization.core import Humanization, HumanizationConfig
from invisible_core.juggler import CursorMotion, Ev, fit_timeline, plan_approach, steps_from_waypoints
from loguru import logger

from driven import path, recorded

# humanization tells of every movement.
logger.disable("humanization")

# What a movement is aimed at, px.
TARGET = (80.0, 30.0)


def box(at):
    width, height = TARGET
    return at[0] - width / 2, at[1] - height / 2, width, height


def cloakbrowser(rng):
    config = cloak.resolve_config(rng.choice(["default", "careful"]))

    def stroke(rng, a, b):
        points = np.array(plan_move(*a, *b, config))
        return np.cumsum(points[:, 2]), points[:, :2]

    return stroke


def pydoll(rng):
    def stroke(rng, a, b):
        async def move(note, loop):
            mouse = pydoll_mouse.Mouse(None)
            mouse._position = tuple(a)

            async def dispatch(x, y, **_):
                mouse._position = (float(x), float(y))
                note(float(x), float(y))

            mouse._dispatch_move = dispatch
            await mouse.move(*map(float, b), humanize=True)

        return path(recorded(move))

    return stroke


def invisible_playwright(rng):
    seed = int(rng.integers(1 << 30))
    hand, motion = invisible.PointerPersona.from_seed(seed), CursorMotion(seed)
    turns = itertools.count(1)

    def render(start, end, *, kind, lead_ms, bounds=None, target_w=None):
        return steps_from_waypoints(motion.path(*start, *end, target_w=target_w), kind=kind, lead_ms=lead_ms, bounds=bounds)

    def stroke(rng, a, b):
        steps = plan_approach(seed, hand, tuple(a), box(b), (4000.0, 3000.0), nonce=next(turns), landing=tuple(b), render=render)
        times = np.cumsum([step.delay_ms for step in steps])
        sent = fit_timeline([Ev(t, step.x, step.y) for t, step in zip(times, steps)], 1.5)
        return path([[e.t_ms, e.x, e.y] for e in sent])

    return stroke


def human_input_mouse(rng):
    def stroke(rng, a, b):
        x, y, seconds = human_input.trajectory.generate_trajectory(tuple(a), tuple(b), TARGET)
        # It moves the system's pointer, to whole px.
        return 1000 * np.array(seconds), np.trunc(np.stack([x, y], 1))

    return stroke


def humanization(rng):
    config = HumanizationConfig(fast=bool(rng.random() < 0.5))

    def stroke(rng, a, b):
        async def move(note, loop):
            at = list(a)

            async def to(x, y, steps=1):
                # Playwright sends the steps one after the other, as fast as the browser answers.
                for share in np.arange(1, steps + 1) / steps:
                    await asyncio.sleep(rng.uniform(0.001, 0.003))
                    note(at[0] + (x - at[0]) * share, at[1] + (y - at[1]) * share)
                at[:] = x, y

            page = SimpleNamespace(mouse=SimpleNamespace(move=to))
            program = Humanization(page, config)

            async def get_box(_):
                return dict(zip("xywh", box(b)))

            program.get_box = get_box
            await program.move_to(None)

        return path(recorded(move))

    return stroke


MOVERS = {
    "cloakbrowser": cloakbrowser,
    "human-input": human_input_mouse,
    "humanization": humanization,
    "invisible": invisible_playwright,
    "pydoll": pydoll,
}


def cloakbrowser_typing(rng):
    config = cloak.resolve_config(rng.choice(["default", "careful"]))

    def typed(text):
        async def write(note, loop):
            async def down(key):
                note("keydown", key)

            async def up(key):
                note("keyup", key)

            cloak_engine.time = SimpleNamespace(monotonic=loop.time)
            typist = cloak_engine._Typist(SimpleNamespace(keyboard=SimpleNamespace(down=down, up=up)), config)
            for character in text:
                await typist.key(character)
            await typist.finish()

        return recorded(write)

    return typed


def pydoll_typing(rng):
    def typed(text):
        async def write(note, loop):
            async def execute(command):
                keys = command["params"]
                note("keydown" if keys["type"] == "keyDown" else "keyup", keys["key"])

            await pydoll_keyboard.Keyboard(SimpleNamespace(_execute_command=execute)).type_text(text, humanize=True)

        return recorded(write)

    return typed


def invisible_typing(rng):
    hand = invisible.TypingPersona.from_seed(int(rng.integers(1 << 30)))
    turns = itertools.count(1)

    def typed(text):
        events, t = [], 0.0
        for character, (dwell, gap) in zip(text, invisible.plan_typing(text, hand, next(turns))):
            events += [[t, "keydown", character], [t + dwell, "keyup", character]]
            t += dwell + gap
        return events

    return typed


def human_input_typing(rng):
    def typed(text):
        events = human_input.keyboard._generate_events(text)
        return [[1000 * e.timestamp, "keydown" if e.pressed else "keyup", e.key] for e in events]

    return typed


TYPISTS = {
    "cloakbrowser": cloakbrowser_typing,
    "human-input": human_input_typing,
    "invisible": invisible_typing,
    "pydoll": pydoll_typing,
}


def seed(rng):
    """Some of them draw from Python's own generator, and from none that can be given."""
    number = int(rng.integers(1 << 30))
    random.seed(number)
    human_input.trajectory._rng.seed(number)
    human_input.keyboard._rng.seed(number)
