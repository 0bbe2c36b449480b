"""Published libraries that nothing is trained on, and what the product says of them.

Prints the two tables of `models/behavior.md`. Run by `cargo xtask bench unseen`, which builds the `vouchsafe` command first and
fetches the packages of unseen-requirements.txt. They are driven through what they offer their users, on clocks of their own
(driven.py); where they would reach a mouse, a keyboard or a browser, this file stands in. Sessions are those of adversaries.py:
targets, pauses and presses are ours, movements theirs.
"""

import asyncio
import contextlib
import io
import random
import sys
from types import ModuleType, SimpleNamespace

import numpy as np

import adversaries as adv
import data
import keys
from driven import Watch, path, recorded, typed

SESSIONS = 60
# px, larger than any page here.
SCREEN = (4000, 3000)
# Movements of the long sessions.
STROKES = 10
# What a command takes that a program sends a browser, s; and one to the system, which moves the pointer or presses a key.
COMMAND, CALL = (0.001, 0.003), 50e-6
# What an empty loop of Python's takes a turn, s: one library waits like that.
TURN = 25e-9


def stand_in(name, **contents):
    """A module that is not there."""
    sys.modules[name] = ModuleType(name)
    sys.modules[name].__dict__.update(contents)
    return sys.modules[name]


class Watchdog:
    """What human-browser-use builds on, as much of it as typing asks for."""

    def _get_char_modifiers_and_vk(self, char):
        return 0, 0, char

    def _get_key_code_for_char(self, key):
        return key


def stand_ins():
    """What reaches mice, keyboards and browsers is not there; samplers put in what notes instead."""
    stand_in("pandas")
    stand_in("pyautogui", size=lambda: SCREEN, platformModule=SimpleNamespace())
    mouse = stand_in("pynput.mouse", Button=SimpleNamespace(left="left"), Listener=object, Controller=None)
    keyboard = stand_in("pynput.keyboard", Key=SimpleNamespace(backspace="backspace"), KeyCode=object, Controller=None)
    stand_in("pynput", mouse=mouse, keyboard=keyboard)
    stand_in("keyboard")
    stand_in("playwright")
    stand_in("playwright.sync_api", Locator=object)
    stand_in("playwright.async_api", Locator=object)
    for name in ("browser_use", "browser_use.browser", "browser_use.browser.watchdogs"):
        stand_in(name)
    stand_in("browser_use.browser.watchdogs.default_action_watchdog", DefaultActionWatchdog=Watchdog)
    stand_in("browser_use.browser.views", BrowserError=RuntimeError)


stand_ins()
sys.path.insert(0, str(data.ROOT / "target/unseen"))

import cursory as cursory_library
import human_keyboard.human_keyboard as keyboard_library
import humanmouse.controllers.mouse_controller as humanmouse
import keyboardhumanizer.typing_engine as engine
import mousehumanizer.linux_controller as humanizer
import mousehumanizer.system_cursor as humanizer_cursor
import pyautogui
import pyHM
from human_browser_use.watchdogs.human_action_watchdog import HumanActionWatchdog
from human_cursor.cursor import HumanCursor
from human_cursor.models import Vector
from humantyping import HumanTyper
from playwright_human_stealth.human import human_type

# scikit-learn asks of what it is given whether it is pandas'.
del sys.modules["pandas"]


def command(rng):
    return asyncio.sleep(rng.uniform(*COMMAND))


class Browser:
    """The debugging protocol, as far as human-browser-use speaks it. It notes what a page gets."""

    KINDS = dict(mouseMoved="move", keyDown="keydown", keyUp="keyup")

    def __init__(self, note, rng):
        self.note, self.rng = note, rng
        sent = SimpleNamespace(dispatchMouseEvent=self.dispatch, dispatchKeyEvent=self.dispatch)
        self.cdp_client = SimpleNamespace(send=SimpleNamespace(Input=sent))

    async def dispatch(self, params, session_id):
        await command(self.rng)
        what = self.KINDS.get(params["type"])
        if what == "move":
            self.note(params["x"], params["y"])
        elif what:
            self.note(what, params["key"])


def human_browser_use(rng):
    def stroke(rng, a, b):
        async def move(note, loop):
            program = HumanActionWatchdog()
            program._mouse_x, program._mouse_y = map(float, a)
            await program._move_mouse_human(*map(float, b), Browser(note, rng), "")

        return path(recorded(move))

    return stroke


def smooth_cursor(rng):
    def stroke(rng, a, b):
        async def move(note, loop):
            async def to(x, y):
                await command(rng)
                note(x, y)

            page = SimpleNamespace(mouse=SimpleNamespace(move=to))
            await HumanCursor(page, start=Vector(*a)).move_to(Vector(*b))

        return path(recorded(move))

    return stroke


def cursory(rng):
    def stroke(rng, a, b):
        points, times = cursory_library.generate_trajectory(tuple(a), tuple(b), seed=int(rng.integers(1 << 30)))
        return np.array(times, float), np.array(points, float)

    return stroke


def human_move_mouse(rng):
    def stroke(rng, a, b):
        watch = humanmouse.time = Watch()

        def to(x, y, duration):
            watch.sleep(CALL)
            watch.note(round(x), round(y))

        pyautogui.moveTo = to
        humanmouse.HumanMouseController().move(tuple(a), tuple(b))
        return path(watch.noted)

    return stroke


def mouse_humanizer(rng):
    def stroke(rng, a, b):
        watch = humanizer.time = humanizer_cursor.time = Watch()

        class Mouse:
            at = tuple(map(int, a))

            @property
            def position(self):
                return self.at

            @position.setter
            def position(self, at):
                watch.sleep(CALL)
                self.at = tuple(min(v, most) for v, most in zip(at, SCREEN))
                watch.note(*self.at)

        humanizer_cursor.mouse.Controller = Mouse
        # It tells of every quirk, and finds the screen's edges by going there.
        with contextlib.redirect_stdout(io.StringIO()):
            program = humanizer.LinuxHumanMouseController(*SCREEN)
            watch.noted.clear()
            program.move(tuple(map(int, b)))
        return path(watch.noted)

    return stroke


def py_hm(rng):
    def stroke(rng, a, b):
        watch = Watch()

        def to(x, y):
            watch.sleep(CALL)
            watch.note(x, y)

        pyautogui.position = lambda: tuple(map(int, a))
        pyautogui.platformModule._moveTo = to
        pyHM.mouse.wait = lambda turns: watch.sleep(turns * TURN)
        pyHM.mouse.move(*map(int, b))
        return path(watch.noted)

    return stroke


MOVERS = {
    "cursory": cursory,
    "human-browser-use": human_browser_use,
    "HumanMoveMouse": human_move_mouse,
    "mousehumanizer": mouse_humanizer,
    "pyHM": py_hm,
    "smooth-cursor-playwright": smooth_cursor,
}


class Keyboard(Watch):
    """The system's, which notes keys too."""

    def press(self, key):
        self.note("keydown", key)

    def release(self, key):
        self.note("keyup", key)

    def type(self, key):
        self.press(key)
        self.sleep(CALL)
        self.release(key)


async def press(note, rng, key, held=0.0):
    """A browser is told of a key down and, `held` s later, up."""
    await command(rng)
    note("keydown", key)
    await asyncio.sleep(held)
    await command(rng)
    note("keyup", key)


def human_browser_use_typing(rng):
    def write(text):
        async def script(note, loop):
            await HumanActionWatchdog()._type_text_human(text, Browser(note, rng), "")

        return recorded(script)

    return write


def human_keyboard(rng):
    def write(text):
        keyboard = keyboard_library.time = Keyboard()
        keyboard_library.keyboard.write = keyboard_library.keyboard.press_and_release = keyboard.type
        keyboard_library.keyboard.send = lambda chord: keyboard.type(chord[-1])
        keyboard_library.HumanKeyboard(wpm=rng.choice([50, 70, 90])).type_text(text)
        return keyboard.noted

    return write


def human_typing(rng):
    typist = HumanTyper(wpm=float(rng.choice([45, 60, 80])))

    def write(text):
        async def script(note, loop):
            await typist.type(SimpleNamespace(press=lambda key: press(note, rng, key)), text)

        return recorded(script)

    return write


def keyboard_humanizer(rng):
    def write(text):
        keyboard = engine.time = Keyboard()
        engine.keyboard.Controller = lambda: keyboard
        engine.TypingEngine().type_text(text)
        return keyboard.noted

    return write


def human_stealth(rng):
    def write(text):
        async def script(note, loop):
            async def at_once(*_):
                pass

            keyboard = SimpleNamespace(type=lambda key, delay: press(note, rng, key, delay / 1000))
            page = SimpleNamespace(click=at_once, fill=at_once, keyboard=keyboard)
            await human_type(page, "input", text)

        return recorded(script)

    return write


TYPISTS = {
    "human-browser-use": human_browser_use_typing,
    "human-keyboard": human_keyboard,
    "humantyping": human_typing,
    "keyboardhumanizer": keyboard_humanizer,
    "playwright-human-stealth": human_stealth,
}


def seeded():
    """Most draw from Python's generator or numpy's, and from none that can be given."""
    random.seed(1)
    np.random.seed(1)
    return np.random.default_rng(1)


def moving(make):
    """Sessions of three clicks, and of more movements."""
    rng, clicks, long = seeded(), [], []
    for _ in range(SESSIONS):
        stroke = make(rng)
        clicks += data.click_windows(adv.session(rng, stroke, 12), 3)[:1]
        long.append(adv.session(rng, stroke, STROKES))
    return clicks, long


def typing(make):
    """The first forty keys, and all of it."""
    rng = seeded()
    whole = [typed(rng, make) for _ in range(SESSIONS)]
    return [keys.cut(tr, 0, 40) for tr in whole], whole


def shares(traces):
    verdicts = [answer["verdict"] for answer in data.command("score", traces=traces)]
    return " | ".join(f"{100 * verdicts.count(name) / len(verdicts):.0f}" for name in ("bot", "uncertain", "human"))


def table(title, short, long, kinds, sessions):
    print(f"| {title} | {short}: bot | uncertain | human | {long}: bot | uncertain | human |")
    print("|---|" + "---|" * 6)
    for name, make in kinds.items():
        print(f"| {name} | " + " | ".join(map(shares, sessions(make))) + " |", flush=True)
    print()


def main():
    table("% of sessions, moving", "3 clicks", f"{STROKES} movements", MOVERS, moving)
    table("% of texts, typing", "40 keys", "whole", TYPISTS, typing)


if __name__ == "__main__":
    main()
