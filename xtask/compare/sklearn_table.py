"""Trains scikit-learn's MLPClassifier on a CSV file, from file to model, as `gradling train` does.

Arguments: the file, the target column, the number of epochs, the seed, and where the model goes. A fifth of the rows is
held out; the network, the optimiser and its settings are those that `gradling train` is given beside it:
32-32 tanh, Adam at 0.01, batches of 32. Prints the share of the held-out rows that is right.
"""

import csv
import pickle
import sys
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

path, target, epochs, seed, out = sys.argv[1:6]
with open(path, newline="", encoding="utf-8") as file:
    place = next(csv.reader(file)).index(target)
table = np.loadtxt(path, delimiter=",", skiprows=1, dtype=str)
X, y = np.delete(table, place, axis=1).astype(float), table[:, place]

network = MLPClassifier(
    hidden_layer_sizes=(32, 32),
    activation="tanh",
    solver="adam",
    alpha=0.0,
    batch_size=32,
    learning_rate_init=0.01,
    max_iter=int(epochs),
    # All epochs, as ours.
    n_iter_no_change=int(epochs),
    random_state=int(seed),
)
model = make_pipeline(StandardScaler(), network)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=int(seed), stratify=y)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    model.fit(X_train, y_train)
assert network.n_iter_ == int(epochs)
with open(out, "wb") as file:
    pickle.dump(model, file)
print(model.score(X_test, y_test))
