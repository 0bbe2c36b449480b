"""Trains the network behind `src/profile`: who moves the mouse.

    python identity.py        writes models/identity.bin and the tables of models/identity.md

SapiMouse users 1 to 60 for training, 61 to 80 to look at; nobody else's data. A session of three minutes is
enrolled, one of one minute is compared, in blocks of 128 moves. Figures of the network are the `vouchsafe` command's
own answers, so the quantised network is what is measured.
"""

import json
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from data import ROOT, read
from scipy.stats import rankdata
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, OneClassSVM
from torch import nn
from torch.nn import functional

BLOCK, STEPS, BATCH, WIDTH, SPREAD, DIMENSIONS = 128, 1200, 128, 64, 0.1, 32
MARGIN, SHARPNESS = 0.15, 20


def sessions():
    """{(user, "3min" or "1min"): moves as [3, n]}: distance right, down, frames of 60 Hz."""
    found = {}
    for trace in read("human-pointer"):
        name = re.fullmatch(r"sapimouse-user(\d+)-([13]min)", trace["id"])
        if not name:
            continue
        moves = np.array([[e[0], *e[2:4]] for e in trace["events"] if e[1] == "move"], float)
        steps = np.diff(moves, axis=0)
        frames = np.clip(np.round(steps[:, 0] / 16.667), 1, 12)
        found[int(name[1]), name[2]] = np.stack([steps[:, 1], steps[:, 2], frames]).astype(np.float32)
    return found


def blocks(moves):
    return np.stack(np.split(moves[:, : moves.shape[1] // BLOCK * BLOCK], moves.shape[1] // BLOCK, axis=1))


class Network(nn.Module):
    """As src/profile/network.rs computes it, before batch normalisation is folded away."""

    def __init__(self):
        super().__init__()
        sizes = [(6, WIDTH, 5, 1), (WIDTH, WIDTH, 3, 2), (WIDTH, WIDTH, 3, 1)]
        sizes += [(WIDTH, WIDTH * 3 // 2, 3, 2), (WIDTH * 3 // 2, WIDTH * 3 // 2, 3, 1)]
        self.convolutions = nn.ModuleList(nn.Conv1d(i, o, k, s, k // 2) for i, o, k, s in sizes)
        self.norms = nn.ModuleList(nn.BatchNorm1d(o) for _, o, _, _ in sizes)
        self.dropout = nn.Dropout(0.3)
        self.last, self.last_norm = nn.Linear(WIDTH * 3, 64), nn.BatchNorm1d(64)

    def pooled(self, x):
        dx, dy, frames = x[:, 0], x[:, 1], x[:, 2]
        scaled = lambda v: torch.sign(v) * torch.log1p(v.abs()) / 2
        change = [torch.diff(v / frames, prepend=(v / frames)[:, :1]) for v in (dx, dy)]
        length = torch.log1p(torch.sqrt(dx * dx + dy * dy)) / 2
        h = torch.stack([scaled(dx), scaled(dy), length, *map(scaled, change), torch.log(frames)], 1)
        for convolution, norm in zip(self.convolutions, self.norms):
            h = functional.relu(norm(convolution(h)))
        return torch.cat([h.mean(2), torch.sqrt(h.var(2, unbiased=False) + 1e-5)], 1)

    def forward(self, x):
        return self.last_norm(self.last(self.dropout(self.pooled(x))))


def train(data, users):
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    network, heads = Network(), nn.Parameter(torch.randn(len(users), 64) * 0.1)
    optimiser = torch.optim.AdamW([*network.parameters(), heads], lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, STEPS)
    for step in range(STEPS):
        chosen = random.integers(len(users), size=BATCH)
        x = []
        for user in chosen:
            moves = data[users[user], "3min" if random.random() < 0.75 else "1min"]
            at = random.integers(moves.shape[1] - BLOCK)
            x.append(moves[:, at : at + BLOCK])
        x = torch.from_numpy(np.stack(x))
        # Another screen or pointer speed is the same person.
        x[:, :2] *= torch.exp(SPREAD * torch.randn(BATCH, 1, 1))
        network.train()
        likeness = functional.normalize(network(x)) @ functional.normalize(heads).T
        target = torch.from_numpy(chosen)
        margin = MARGIN * functional.one_hot(target, len(users))
        loss = functional.cross_entropy((likeness - margin) * SHARPNESS, target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if (step + 1) % 200 == 0:
            print(f"step {step + 1} of {STEPS}, loss {loss.item():.2f}", file=sys.stderr)
    return network.eval()


def discriminant(points, labels):
    """Mean and projection after which one person's blocks have unit spread and people lie far apart (LDA)."""
    mean = points.mean(0)
    centred = points - mean
    means = np.stack([centred[labels == label].mean(0) for label in np.unique(labels)])
    within = centred - means[np.searchsorted(np.unique(labels), labels)]
    values, vectors = np.linalg.eigh(np.cov(within.T) + 1e-3 * np.trace(np.cov(within.T)) / 64 * np.eye(64))
    whitened = vectors / np.sqrt(values)
    _, order = np.linalg.eigh((means @ whitened).T @ (means @ whitened))
    return mean, whitened @ order[:, ::-1][:, :DIMENSIONS]


def export(network, data, users):
    with torch.no_grad():
        points = {key: network(torch.from_numpy(blocks(data[key]))).numpy() for key in data if key[0] in users}
    labels = np.concatenate([[key[0]] * len(value) for key, value in points.items()])
    mean, projection = discriminant(np.concatenate(list(points.values())), labels)

    def matrix(weights, bias):
        scale = np.abs(weights).max(1, keepdims=True) / 127 + 1e-12
        whole = np.clip(np.round(weights / scale), -127, 127).astype(np.int8)
        return scale.astype("<f4").tobytes() + bias.astype("<f4").tobytes() + whole.tobytes()

    def folded(norm):
        scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().numpy()
        return scale, norm.bias.detach().numpy() - norm.running_mean.numpy() * scale

    parts = [b"VSI1", struct.pack("<B", len(network.convolutions))]
    for convolution, norm in zip(network.convolutions, network.norms):
        scale, shift = folded(norm)
        weights = convolution.weight.detach().numpy() * scale[:, None, None]
        outputs, inputs, kernel = weights.shape
        parts.append(struct.pack("<HHBB", outputs, inputs, kernel, convolution.stride[0]))
        parts.append(matrix(weights.reshape(outputs, -1), convolution.bias.detach().numpy() * scale + shift))
    scale, shift = folded(network.last_norm)
    weights = projection.T @ (network.last.weight.detach().numpy() * scale[:, None])
    bias = projection.T @ (network.last.bias.detach().numpy() * scale + shift - mean)
    parts += [struct.pack("<HH", *weights.shape), matrix(weights, bias)]
    strangers = np.stack([((points[user, "3min"] - mean) @ projection).mean(0) for user in users])
    strangers /= np.abs(strangers).max(1, keepdims=True)
    parts += [struct.pack("<HH", *strangers.shape), np.round(strangers * 127).astype(np.int8).tobytes()]
    (ROOT / "models/identity.bin").write_bytes(b"".join(parts))


def simple_features(block):
    """What the literature begins with: quantiles of speed, acceleration, turning and time."""
    dx, dy, frames = block
    speed, angle = np.hypot(dx, dy) / frames, np.arctan2(dy, dx)
    turn = np.abs((np.diff(angle) + np.pi) % (2 * np.pi) - np.pi)
    facts = [np.quantile(v, [0.1, 0.25, 0.5, 0.75, 0.9]) for v in (speed, np.abs(np.diff(speed)), turn, frames)]
    return np.concatenate([*facts, [speed.mean(), speed.std(), np.mean(dx == 0), np.mean(dy == 0), np.mean(frames > 3)]])


def figures(same, other):
    """AUC and equal error rate."""
    same, other = np.array(same), np.array(other)
    ranks = rankdata(np.concatenate([same, other]))
    auc = (ranks[: len(same)].sum() - len(same) * (len(same) + 1) / 2) / len(same) / len(other)
    at = np.sort(np.concatenate([same, other]))
    misses = np.searchsorted(np.sort(same), at) / len(same)
    alarms = 1 - np.searchsorted(np.sort(other), at) / len(other)
    nearest = np.argmin(np.abs(misses - alarms))
    return auc, (misses[nearest] + alarms[nearest]) / 2


def interval(scores):
    """95 % of the equal error rates when people are drawn again (1000 times): [(probe user, user, score)]."""
    random, users = np.random.default_rng(0), sorted({user for user, _, _ in scores})
    of = {user: [s for s in scores if s[0] == user] for user in users}
    rates = []
    for _ in range(1000):
        drawn = [s for user in random.choice(users, len(users)) for s in of[user]]
        same, other = [s for p, u, s in drawn if p == u], [s for p, u, s in drawn if p != u]
        rates.append(figures(same, other)[1])
    return np.quantile(rates, [0.025, 0.975])


def classical(data, train_users, users):
    """{name: {blocks: [(probe user, user, score)]}}: one model a person, block scores averaged."""
    features = {key: np.stack([simple_features(block) for block in blocks(moves)]) for key, moves in data.items()}
    scaler = StandardScaler().fit(np.concatenate([features[user, "3min"] for user in train_users]))
    features = {key: scaler.transform(value) for key, value in features.items()}
    strangers = np.concatenate([features[user, "3min"][::4] for user in train_users])
    told = {name: {1: [], 3: [], 5: []} for name in ("isolation forest", "one-class SVM", "random forest", "SVM")}
    for user in users:
        own = features[user, "3min"]
        both, labels = np.concatenate([own, strangers]), np.r_[np.ones(len(own)), np.zeros(len(strangers))]
        forest = IsolationForest(n_estimators=200, random_state=0).fit(own)
        one_class = OneClassSVM(nu=0.2, gamma="scale").fit(own)
        trees = RandomForestClassifier(300, class_weight="balanced", random_state=0, n_jobs=-1).fit(both, labels)
        machine = SVC(class_weight="balanced", random_state=0).fit(both, labels)
        judges = [forest.score_samples, one_class.decision_function, lambda x: trees.predict_proba(x)[:, 1], machine.decision_function]
        for (name, by), judge in zip(told.items(), judges):
            for probe in users:
                scores = judge(features[probe, "1min"])
                for count, found in by.items():
                    groups = len(scores) // count
                    found += [(probe, user, s) for s in scores[: groups * count].reshape(groups, count).mean(1)]
    return told


def identified(users):
    """The same of the command."""
    traces = {t["id"]: t for t in read("human-pointer")}
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for session in ("3min", "1min"):
            files.append(Path(folder) / f"{session}.jsonl")
            lines = [json.dumps({**traces[f"sapimouse-user{u}-{session}"], "user": str(u)}) for u in users]
            files[-1].write_text("\n".join(lines))
        told = {}
        for count in (1, 3, 5):
            tool = [ROOT / "target/release/vouchsafe", "identify", "--enroll", files[0], "--probe", files[1]]
            done = subprocess.run([*tool, "--blocks", str(count)], capture_output=True, text=True, check=True)
            rows = map(json.loads, done.stdout.splitlines())
            told[count] = [(int(re.search(r"user(\d+)", r["probe"])[1]), int(r["user"]), r["score"]) for r in rows]
    return told


def main():
    data = sessions()
    everybody = sorted({user for user, _ in data})
    train_users, users = [u for u in everybody if u <= 60], [u for u in everybody if u > 60]
    if "--tables" not in sys.argv:
        export(train(data, train_users), data, train_users)
    build = ["cargo", "build", "--release", "--package", "vouchsafe", "--bin", "vouchsafe", "--quiet"]
    subprocess.run(build, cwd=ROOT, check=True)
    told = {"network (ours)": identified(users), **classical(data, train_users, users)}
    lines = ["| | 1 block | 3 blocks | 5 blocks |", "|---|---|---|---|"]
    for name, by in told.items():
        cells = []
        for scores in by.values():
            same, other = [s for p, u, s in scores if p == u], [s for p, u, s in scores if p != u]
            auc, rate = figures(same, other)
            low, high = interval(scores)
            cells.append(f"{auc:.3f}, {rate:.1%} ({low:.1%} to {high:.1%})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append("| published, other users | 0.876, 17.6% | 0.940, 10.6% | 0.950, 9.0% |")
    card = ROOT / "models/identity.md"
    head, _, rest = card.read_text().partition("<!-- table -->\n")
    _, _, tail = rest.partition("<!-- end -->\n")
    card.write_text(f"{head}<!-- table -->\n" + "\n".join(lines) + "\n<!-- end -->\n" + tail)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
