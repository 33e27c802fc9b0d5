"""k-nearest neighbours in plain Python: enough to search over, nothing to install."""

import csv
import random
import statistics

FEATURES = ["beak_length_mm", "beak_depth_mm", "flipper_length_mm", "body_mass_g"]
METRICS = {
    "euclidean": lambda a, b: sum((x - y) ** 2 for x, y in zip(a, b)),
    "manhattan": lambda a, b: sum(abs(x - y) for x, y in zip(a, b)),
    "chebyshev": lambda a, b: max(abs(x - y) for x, y in zip(a, b)),
}


def split(path, seed, share=0.7):
    """The records, shuffled, as `train` and `test`; each is [species, features]."""
    with open(path, newline="") as file:
        records = [
            [row["species"], [float(row[feature]) for feature in FEATURES]]
            for row in csv.DictReader(file)
        ]
    random.Random(seed).shuffle(records)
    border = int(len(records) * share)
    return {"train": records[:border], "test": records[border:]}


def scales(records, scaling):
    """What to subtract from and divide each feature by."""
    if scaling == "none":
        return [(0.0, 1.0)] * len(FEATURES)
    columns = zip(*(features for _, features in records))
    return [(statistics.fmean(column), statistics.stdev(column)) for column in map(list, columns)]


def accuracy(train, test, k, metric, scaling):
    """The share of `test` whose species the `k` nearest of `train` tell."""
    scale = scales(train, scaling)

    def scaled(features):
        return [(value - mean) / deviation for value, (mean, deviation) in zip(features, scale)]

    distance = METRICS[metric]
    known = [(species, scaled(features)) for species, features in train]
    right = 0
    for species, features in test:
        features = scaled(features)
        nearest = sorted(known, key=lambda record: distance(record[1], features))[:k]
        votes = [vote for vote, _ in nearest]
        right += max(sorted(set(votes)), key=votes.count) == species
    return right / len(test)


def evaluate(data, k, metric, scaling, fold, folds=5):
    """One combination on one fold."""
    train = [record for number, record in enumerate(data) if number % folds != fold]
    held = [record for number, record in enumerate(data) if number % folds == fold]
    return {
        "k": k,
        "metric": metric,
        "scaling": scaling,
        "fold": fold,
        "accuracy": accuracy(train, held, k, metric, scaling),
    }


def judge(train, test, best):
    """The best combination on records that the search never saw."""
    return round(accuracy(train, test, best["k"], best["metric"], best["scaling"]), 4)
