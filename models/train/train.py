"""Trains the behaviour model and writes models/behavior.bin and the tables of models/behavior.md.

Run by `cargo xtask train`, which builds the `vouchsafe` command first: features come from it, so that
what is trained on is what ships.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import LogisticRegression

import data
import keys
import movement

MODELS = data.ROOT / "models"
DEPTH, NODES = 3, 7
# Leaves and thresholds are coarse, because every bit is paid for by every visitor.
LEAF_STEPS = 31

BASE = dict(
    objective="binary",
    num_leaves=2**DEPTH,
    max_depth=DEPTH,
    bagging_fraction=0.7,
    bagging_freq=1,
    lambda_l2=5,
    max_bin=63,
    verbose=-1,
    num_threads=2,
    seed=1,
    deterministic=True,
    force_row_wise=True,
)

# Typing: what separates the two populations of people from each other (tempo, key classes) is left out; more
# spread, more overlap and more hesitation never speak for a program.
TYPING_FEATURES = [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18]
TYPING_MONOTONE = {1: 1, 2: 1, 3: 1, 4: 1, 7: 1, 8: 1, 9: 1, 11: 1, 12: -1, 13: 1, 14: 1, 17: -1, 18: 1}

# Pointer: sending where the pointer already is never speaks for a person, creeping never for a program.
POINTER_MONOTONE = {60: -1, 61: 1}

# Log-odds at which the verdict bot begins.
BOT = np.log(0.4 / 0.6)

# How sessions are played, and all of them whole.
RECORDED = [*data.PLAYERS, "all"]

# Generators that share their movement are left out together.
POINTER_KINDS = {
    "ghost": "ghost-cursor", "wind": "windmouse", "pyclick": "pyclick", "pathgen": "pathgenerator",
    "humancursor": "HumanCursor", "oxymouse": "oxymouse", "smart": "smart-mouse", "ulixee": "ulixee",
    "learned": "learned generator", "blend": "blends of people", "quilt": "quilts of people", "replay": "replay of people", "bezier": "made Bezier curves",
    "minimum": "minimum jerk", "lognormal": "sums of lognormals", "spring": "springs",
    "spline": "splines", "steering": "steering agents", "steps": "straight steps and tweens",
    "tween": "straight steps and tweens", "cloakbrowser": "cloakbrowser", "library-human-input": "human-input",
    "humanization": "humanization", "invisible": "invisible", "pydoll": "pydoll",
}  # fmt: skip
TYPING_KINDS = {
    "pptr": "Puppeteer type", "puppeteer-humanize": "puppeteer-humanize", "bumblebee": "bumblebee",
    "human-input-kit": "human-input-kit", "humanized": "humanized-autotyper", "made": "made laws",
    "cloakbrowser": "cloakbrowser", "human-input": "human-input", "invisible": "invisible", "pydoll": "pydoll",
}  # fmt: skip


def kind_of(group, kinds):
    return next((name for key, name in kinds.items() if key in group), None)


class Family:
    """One family's table with the operations training needs.

    It is trained on what was recorded and on made-up sessions whose facts come from different people: each is a person's,
    together they are nobody's. That is the nearest thing to a view of people alone."""

    # Which byte says how much was seen (the spec of it, low and high, of a natural logarithm), and up to how much
    # a window is levelled with its like; one more range is beyond the last.
    AMOUNT, RANGE, COUNTS = 0, (2.0, 7.0), [12, 19, 37, 59]
    # Made-up sessions: how many, what they weigh beside the programs, and of how many facts (the last excluded) another's
    # take the place.
    MIXED, MIXED_WEIGHT, MIXED_FACTS = 4000, 0.05, (3, 10)
    # What people's shifted sessions have of what people weigh.
    SHIFTED_SHARE = 0.0

    def __init__(self, name, table, meta, features, kinds, trees, leaf, rate, monotone=None, **params):
        self.name, self.trees, self.features, self.mixable = name, trees, features, features
        self.length = np.searchsorted(self.ends()[:-1], table[:, self.AMOUNT])
        self.bytes = table
        self.x = table.astype(np.float32)
        self.meta = meta
        self.ok = table.any(1)
        self.human = meta["label"] == 1
        self.kind = np.array([None if h else kind_of(g, kinds) for g, h in zip(meta["group"], self.human)])
        monotone = monotone or {}
        self.params = dict(
            BASE,
            learning_rate=rate,
            min_data_in_leaf=leaf,
            feature_fraction=0.4,
            monotone_constraints=[monotone.get(i, 0) for i in features],
        )
        self.params.update(params)

    def weights(self, rows):
        """Groups count by the root of their size, both sides alike."""
        w = self.meta["weight"].astype(float).copy()
        for label in (True, False):
            side = rows & (self.human == label)
            for g in set(self.meta["group"][side]):
                part = side & (self.meta["group"] == g)
                w[part] /= np.sqrt(part.sum())
            w[side] *= rows.sum() / 2 / w[side].sum()
        return w

    def unseen(self):
        """People's windows that the threshold is set on: 1 % of them fall below it."""
        return self.role("test3", True) if self.role("test3", True).any() else self.role("test", True) | self.role("level", True)

    def role(self, name, human=None):
        rows = (self.meta["role"] == name) & self.ok
        return rows if human is None else rows & (self.human == human)

    def learnt(self, rows):
        """Trees on these rows, with the levels of people's windows."""
        model = self.fit(rows)
        self.level(model)
        return model

    def fit(self, rows):
        return self.boost(self.x, rows)

    def boost(self, x, rows):
        """Trees on rows of a table, and on the mixed and the shifted sessions of people among them."""
        person, half, weight = self.human[rows], rows.sum() / 2, self.weights(rows)[rows]
        people, likely = np.flatnonzero(rows & self.human), weight[person] / weight[person].sum()
        mixed, shifted = self.mixed(x, people), self.shifted(x, people, likely)
        weight[person] *= 1 - self.SHIFTED_SHARE
        y = np.concatenate([person.astype(float), np.zeros(len(mixed)), np.ones(len(shifted))])
        parts = (self.MIXED_WEIGHT, mixed), (self.SHIFTED_SHARE, shifted)
        w = np.concatenate([weight, *(np.full(len(made), share * half / max(1, len(made))) for share, made in parts)])
        x = np.vstack([x[rows], mixed, shifted])
        return lgb.train(self.params, lgb.Dataset(x[:, self.features], y, weight=w), self.trees)

    def mixed(self, x, people):
        """People's sessions with some facts from other people's sessions of about the same length."""
        rng = np.random.default_rng(3)
        order = people[np.argsort(self.x[people, self.AMOUNT] + rng.normal(0, 2, len(people)))]
        at = rng.integers(0, len(order) - 60, self.MIXED)
        out = x[order[at]].copy()
        for i in range(self.MIXED):
            facts = rng.choice(self.mixable, rng.integers(*self.MIXED_FACTS), replace=False)
            out[i, facts] = x[order[at[i] + rng.integers(1, 60, len(facts))], facts]
        return out

    def shifted(self, x, people, likely):
        """People's sessions, drawn as likely as that, shifted as persons differ; none where it does not help."""
        return x[:0]

    def raw(self, model, rows):
        return model.predict(self.x[rows][:, self.features], raw_score=True)

    def by_hand(self):
        """Trees that nobody learnt, as `Packed` has them."""
        return []

    def margin(self, model, rows):
        """How far above the lowest 1 % of people's windows of its length, in units of how far half of them are."""
        low, middle = model.levels[self.length[rows]].T
        return (self.raw(model, rows) - low) / (middle - low)

    def threshold(self, model, alarms=0.01):
        """The margin that this share of people's windows that are not trained on fall below; of several shares, each."""
        return np.quantile(self.margin(model, self.unseen()), alarms)

    def refused(self, model, limit, rows):
        """Share of them that score under 0.4, the verdict bot, where that is set to begin at a margin."""
        if not rows.any():
            return "none"
        low, middle = model.levels[self.length[rows]].T
        return share(self.raw(model, rows) < np.minimum(low + limit * (middle - low), -self.FIRM))

    def caught(self, model, limit, role, kind=None):
        """Share of one kind's sessions, or of people's where there is no kind, that are refused."""
        return self.refused(model, limit, self.role(role, kind is None) & (self.kind == kind))

    # Slopes that calibration may choose from, in those units.
    SLOPES = (1.5, 3.5)
    # Share of people's windows that score under the verdict bot's limit, and what the trees' own log-odds of a program are at
    # the least where they do.
    ALARMS, FIRM = 0.01, 0.0

    def ends(self):
        """The last byte of each range."""
        low, high = self.RANGE
        return [1 + int(np.floor((np.log(n) - low) / (high - low) * 254 + 0.5)) for n in self.COUNTS] + [255]

    def level(self, model):
        """Two strokes say less than ten. What 1 % of people's windows of a length fall below, and what half
        of them do, is made the same for every length, or the shortest would set the threshold of all. What the trees
        take for a person's rather than a program's is below no limit, however long the session."""
        roles = ("test", "test3", "testall", "level")
        people = np.any([self.role(name, True) for name in roles], 0)
        raw, length = self.raw(model, people), self.length[people]
        model.levels = np.array([np.quantile(raw[length == i], [0.01, 0.5]) for i in range(len(self.COUNTS) + 1)])
        model.levels[:, 0] = np.minimum(model.levels[:, 0], 0)

    def levels(self, model, slope, offset):
        """(last byte, bias, scale, doubt) for each range of how much was seen; log-odds are bias + scale * raw margin, and
        where that is under even odds up to the doubt more, so that the verdict bot begins no higher than at firm odds."""
        out = []
        for end, (low, mid) in zip(self.ends(), model.levels):
            scale = slope / (mid - low)
            bias = offset - scale * low
            out.append((end, bias, scale, max(0, BOT - (bias - scale * self.FIRM))))
        return out


class Pointer(Family):
    """Two stages: every stroke by itself, then the session with what its strokes scored.

    The second stage is trained on scores by first stages that have not seen the session's group."""

    STROKE_TREES = 95
    # What clicks add comes on top. The trees must be firm, three to one: how people who are in no recording differ from those
    # that are does not level out with more of a session.
    ALARMS, FIRM = 0.008, np.log(3)
    MIXED, MIXED_WEIGHT, MIXED_FACTS = 8000, 0.1, (6, 28)
    # How many sessions are shifted, and by how much of the difference between two persons (a standard deviation).
    SHIFTED, SHIFTED_SHARE, SHIFT = 12000, 0.5, 0.7
    AMOUNT, RANGE, COUNTS = 59, (0.0, 6.0), [2, 3, 4, 6, 9, 15, 29]
    PRESSES = 62
    SCORES = slice(63, 68)

    def __init__(self, table, strokes, *rest):
        super().__init__("pointer", table, *rest)
        self.mixable = range(self.AMOUNT)
        self.count = np.array([len(s) for s in strokes])
        self.session = np.repeat(np.arange(len(strokes)), self.count)
        self.strokes = np.vstack([s for s in strokes if len(s)])
        groups = sorted(set(self.meta["group"]))
        fold = {g: i % 2 for i, g in enumerate(np.random.default_rng(5).permutation(groups))}
        self.fold = np.array([fold[g] for g in self.meta["group"]])
        # Whether presses were seen at all is an accident of the recording.
        unseen = self.role("train") & (np.random.default_rng(9).random(len(self.x)) < 0.5)
        self.x[unseen, self.PRESSES] = 0

    def fit_strokes(self, rows):
        picked = rows[self.session]
        w = (self.weights(rows) / np.maximum(self.count, 1))[self.session][picked]
        y = self.human[self.session][picked].astype(int)
        for label in (0, 1):
            w[y == label] *= picked.sum() / 2 / w[y == label].sum()
        params = dict(BASE, learning_rate=self.params["learning_rate"], min_data_in_leaf=100, feature_fraction=0.5)
        x = self.strokes[picked].astype(np.float32)
        return Packed(lgb.train(params, lgb.Dataset(x, y, weight=w), self.STROKE_TREES), range(data.STROKE_FACTS))

    def scores(self, model):
        """The last five columns of the table, as src/behavior/pointer.rs computes them."""
        margins = model.margin(self.strokes)
        out = np.zeros((len(self.count), 5))
        ends = np.cumsum(self.count)
        for i in np.flatnonzero(self.count):
            m = margins[ends[i] - self.count[i] : ends[i]]
            out[i] = m.sum() / np.sqrt(len(m)), m.mean(), m.min(), m.max(), np.median(m)
        limits = np.array([12, 5, 5, 5, 5])
        share = np.clip((out + limits) / (2 * limits), 0, 1)
        return np.where(self.count[:, None] > 0, 1 + np.floor(share * 254 + 0.5), 0).astype(np.uint8)

    def shifted(self, x, people, likely):
        """All facts of a session moved along the way from one person to another, to either side, the persons being SapiMouse's:
        how people who are in no recording differ from those that are is most likely how these differ from each other."""
        rng = np.random.default_rng(17)
        drawn = x[rng.choice(people, self.SHIFTED, p=likely)].astype(float)
        group = self.meta["group"][people].astype(str)
        seen = [x[people[group == name]] for name in np.unique(group) if name.startswith("sapimouse")]
        means = np.array([rows.sum(0, dtype=float) / np.maximum((rows > 0).sum(0), 1) for rows in seen])
        first = rng.integers(0, len(means), self.SHIFTED)
        other = (first + rng.integers(1, len(means), self.SHIFTED)) % len(means)
        way = (means[other] - means[first]) * rng.normal(0, self.SHIFT, (self.SHIFTED, 1))
        way[:, self.AMOUNT] = 0
        # What was not seen stays unseen.
        return np.where(drawn > 0, np.clip(np.round(drawn + way), 1, 255), 0)

    def fit(self, rows):
        halves = [self.fit_strokes(rows & (self.fold != half)) for half in (0, 1)]
        unseen = np.where((self.fold == 0)[:, None], self.scores(halves[0]), self.scores(halves[1]))
        x = self.x.copy()
        x[:, self.SCORES] = unseen
        model = self.boost(x, rows)
        model.strokes = self.fit_strokes(rows)
        model.table = self.x.copy()
        model.table[:, self.SCORES] = self.scores(model.strokes)
        return model

    def raw(self, model, rows):
        return model.predict(model.table[rows][:, self.features], raw_score=True)


class Typing(Family):
    """One tree is made by hand: of what programs do that let each key go before the next one, whatever law they draw times from.
    Trees that learn it make less of it: the few programs there are show more besides."""

    # Which byte says that keys come in turn, above what, and how much that speaks for a program, before levelling.
    IN_TURN, SAYS, STEP = 20, 100, 0.75

    def raw(self, model, rows):
        return super().raw(model, rows) - self.STEP * (self.x[rows, self.IN_TURN] > self.SAYS)

    def by_hand(self):
        half = (NODES + 1) // 2
        return [([self.IN_TURN] + [0] * (NODES - 1), [self.SAYS] + [255] * (NODES - 1), [0.0] * half + [-self.STEP] * half)]


class Packed:
    """Trees as they ship, with leaves of one byte."""

    def __init__(self, model, features, by_hand=()):
        dump = model.dump_model()["tree_info"]
        self.trees = [*by_hand]
        for info in dump:
            split, threshold, leaves = [0] * NODES, [255] * NODES, [0.0] * (NODES + 1)

            def fill(node, at):
                if at >= NODES:
                    leaves[at - NODES] = node["leaf_value"]
                    return
                if "leaf_value" in node:
                    fill(node, 2 * at + 1)
                    fill(node, 2 * at + 2)
                    return
                split[at], threshold[at] = features[node["split_feature"]], int(np.floor(node["threshold"]))
                fill(node["left_child"], 2 * at + 1)
                fill(node["right_child"], 2 * at + 2)

            fill(info["tree_structure"], 0)
            self.trees.append((split, threshold, leaves))
        self.scale = max(abs(v) for _, _, leaves in self.trees for v in leaves) / LEAF_STEPS

    def margin(self, table):
        total = np.zeros(len(table))
        rows = np.arange(len(table))
        for split, threshold, leaves in self.trees:
            at = np.zeros(len(table), int)
            split, threshold = np.array(split), np.array(threshold)
            for _ in range(DEPTH):
                at = 2 * at + 1 + (table[rows, split[at]] > threshold[at])
            total += np.array([round(v / self.scale) for v in leaves])[at - NODES]
        return total * self.scale

    def bytes(self, width, amount, levels, usual):
        out = struct.pack("<BHBB", width, len(self.trees), amount, len(levels))
        for end, bias, scale, doubt in levels:
            out += struct.pack("<BffB", end, bias, scale * self.scale, round(64 * doubt))
        out += bytes(b for pair in usual for b in pair)
        # Their order does not matter to the sum; in order they compress better.
        out += b"".join(
            sorted(
                bytes(split) + bytes(threshold) + struct.pack("8b", *[int(round(v / self.scale)) for v in leaves])
                for split, threshold, leaves in self.trees
            )
        )
        return out


def wilson(hits, n):
    """95 % interval of a share."""
    if n == 0:
        return (0.0, 1.0)
    z, p = 1.96, hits / n
    mid, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (max(0.0, (mid - half) / (1 + z * z / n)), min(1.0, (mid + half) / (1 + z * z / n)))


def share(flags):
    flags = np.asarray(flags)
    low, high = wilson(flags.sum(), len(flags))
    return f"{100 * flags.mean():.1f} % ({100 * low:.0f} to {100 * high:.0f})" if len(flags) else "none"


def leave_out(family, whole_model):
    """Catch of each kind by a model that never saw it, at 1 % false alarms on people: of what was made, and of what a
    browser recorded."""
    train, people = family.role("train"), family.unseen()
    rows, recorded, margins, labels = [], [], [], []
    for kind in sorted({k for k in family.kind if k}):
        # A kind that nothing is trained on is left out by every model.
        rows_ = train & (family.kind != kind)
        model = family.learnt(rows_) if rows_.sum() < train.sum() else whole_model
        threshold = family.threshold(model)
        short = family.role("test3", False) & (family.kind == kind)
        m = family.margin(model, short) if short.any() else np.zeros(0)
        rows.append((kind, int(short.sum()), family.refused(model, threshold, short), family.caught(model, threshold, "testall", kind)))
        recorded.append((kind, *(family.caught(model, threshold, f"recorded-{way}", kind) for way in RECORDED)))
        other = family.role("other")
        margins += [m[:200], family.margin(model, people)[:: max(1, people.sum() // 150)]]
        labels += [np.zeros(len(margins[-2])), np.ones(len(margins[-1]))]
        print(f"  {family.name} without {kind:28s} caught {rows[-1][2]:26s} other people alarmed {family.refused(model, threshold, other)}", flush=True)
    recorded = [row for row in recorded if any(cell != "none" for cell in row[1:])]
    return rows, recorded, np.concatenate(margins), np.concatenate(labels)


def strangers(family):
    """Of each other kind of people that is trained on: how many sessions, and how many of them a model that has never seen
    the kind calls bots."""
    train, rows = family.role("train"), []
    for group in sorted(set(family.meta["group"][family.role("apart", True)])):
        model = family.learnt(train & (family.meta["group"] != group))
        limit = family.threshold(model, family.ALARMS)
        parts = [family.role(role, True) & (family.meta["group"] == group) for role in ("apart3", "apart", "apartall")]
        rows.append((group, *(f"{family.refused(model, limit, part)} of {part.sum()}" for part in parts)))
        print(f"  {family.name} without {group}: {rows[-1][1]} of their three clicks alarmed", flush=True)
    return rows


def calibrate(margins, labels, limit, slopes):
    """Slope from margins of kinds left out; offset so that the limit scores 0.4 (the verdict bot)."""
    fitted = LogisticRegression(C=1e6, class_weight="balanced").fit(margins[:, None], labels)
    slope = float(np.clip(fitted.coef_[0, 0], *slopes))
    return slope, float(BOT - slope * limit)


def usual_ranges(family):
    """Per feature, the bytes between which 94 % of the training people's windows fall."""
    rows = family.bytes[family.role("train", True)]
    out = []
    for i in range(rows.shape[1]):
        seen = rows[:, i][rows[:, i] > 0]
        low, high = (1, 255) if len(seen) < 50 else (np.percentile(seen, 3), np.percentile(seen, 97))
        out.append((int(low), int(high)) if i in family.features else (0, 255))
    return out


def families():
    table, meta = movement.tables()
    width = table["pointer"].shape[1]
    yield Pointer(table["pointer"], table["strokes"], meta, list(range(width)), POINTER_KINDS, 120, 40, 0.15, POINTER_MONOTONE)
    table, meta = keys.tables()
    # Each tree sees three features and few rows: the few typing programs there are would be learnt by heart.
    less = dict(feature_fraction=0.2, bagging_fraction=0.3)
    yield Typing("typing", table["typing"], meta, TYPING_FEATURES, TYPING_KINDS, 115, 60, 0.4, TYPING_MONOTONE, **less)


def main():
    blob, report = b"VSB4", {}
    for family in families():
        print(f"{family.name}: {int(family.role('train').sum())} windows to train on", flush=True)
        people = family.unseen()
        model = family.learnt(family.role("train"))
        rows, recorded, margins, labels = leave_out(family, model)
        threshold, limit = family.threshold(model, [0.01, family.ALARMS])
        slope, offset = calibrate(margins, labels, limit, family.SLOPES)
        alarms = [("people never trained on, same source", int(people.sum()), family.refused(model, limit, people))]
        for role in ("testall", "other3", "otherbrief", "other", "otherall"):
            rows_ = family.role(role, True)
            for group in sorted({g.split("-")[0] for g in family.meta["group"][rows_]}):
                part = rows_ & np.array([g.split("-")[0] == group for g in family.meta["group"]])
                what = dict(other3="3 clicks", otherbrief=f"{keys.BRIEF[0]} to {keys.BRIEF[-1]} keys", other="windows").get(role, "whole sessions")
                alarms.append((f"{group}, {what}", int(part.sum()), family.refused(model, limit, part)))
        if recorded:
            recorded.append(("*people never trained on*", *(family.caught(model, threshold, f"recorded-{way}") for way in RECORDED)))
        seen = {kind: family.caught(model, threshold, "test3", kind) for kind, *_ in rows}
        report[family.name] = dict(left_out=rows, recorded=recorded, seen=seen, alarms=alarms, strangers=strangers(family))
        if isinstance(family, Pointer):
            family.bytes[:, family.SCORES] = model.table[:, family.SCORES]
            blob += model.strokes.bytes(data.STROKE_FACTS, 0, [(255, 0.0, 1.0, 0.0)], [(0, 255)] * data.STROKE_FACTS)
        packed = Packed(model, family.features, family.by_hand())
        report[family.name]["trees"] = len(packed.trees)
        blob += packed.bytes(family.bytes.shape[1], family.AMOUNT, family.levels(model, slope, offset), usual_ranges(family))
    (MODELS / "behavior.bin").write_bytes(blob)
    (MODELS / "behavior.digest").write_text(hashlib.sha256(blob).hexdigest()[:16])
    write_tables(report, len(blob))
    print(f"models/behavior.bin: {len(blob)} bytes")


def write_tables(report, size):
    """Replaces everything after the marker in the model card."""
    card = MODELS / "behavior.md"
    marker = "<!-- written by cargo xtask train from here on -->"
    head = card.read_text().split(marker)[0] if card.exists() else "# Behaviour model\n\n"
    lines = [head.rstrip(), "", marker, "", f"Model file: {size} bytes.", ""]
    for name, part in report.items():
        lines += [
            f"## {name.capitalize()}: {part['trees']} trees",
            "",
            "Share of people (windows of three clicks, or of keys) that score under 0.4, the verdict bot:",
            "",
            "| people | windows | false alarms, 95 % interval |",
            "|---|---|---|",
            *[f"| {a} | {n} | {s} |" for a, n, s in part["alarms"]],
            "",
        ]
        if part["strangers"]:
            lines += [
                "The same of other kinds of people, each by a model that was trained without it:",
                "",
                "| people | 3 clicks | windows | sessions of six recordings |",
                "|---|---|---|---|",
                *[f"| {' | '.join(row)} |" for row in part["strangers"]],
                "",
            ]
        lines += [
            "Programs called bots where no more than 1 % of people never trained on are. *Left out*: by a model that has",
            "never seen the kind. *Trained on*: by the model that ships; adversaries' sessions are others than it learnt,",
            "libraries' are not.",
            "",
            "| kind | sessions | left out, short | left out, whole session | trained on, short |",
            "|---|---|---|---|---|",
            *[f"| {k} | {n} | {a} | {b} | {part['seen'][k]} |" for k, n, a, b in part["left_out"]],
            "",
        ]
        if part["recorded"]:
            lines += [
                "Four movements each of adversaries as a page in a real Chromium saw them (`cargo xtask record`), by a model that",
                "has never seen the kind; of people who were played in the same way, by the model that ships.",
                "",
                "| kind | debugging protocol | protocol, waiting for answers | system's pointer | whole sessions |",
                "|---|---|---|---|---|",
                *[f"| {' | '.join(row)} |" for row in part["recorded"]],
                "",
            ]
    card.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
