"""The scikit-learn estimators."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from gradling.estimators import MLPClassifier, MLPRegressor
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.utils.estimator_checks import parametrize_with_checks


@parametrize_with_checks([MLPClassifier(epochs=60), MLPRegressor(epochs=150, lr=0.02)])
def test_scikit_learn_s_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("load, least", [(load_iris, 0.9), (load_breast_cancer, 0.94)])
def test_classes(load: Any, least: float) -> None:
    X, y = load(return_X_y=True)
    names = np.array(["a", "b", "c"])[y]
    model = MLPClassifier(epochs=50)
    assert cross_val_score(model, X, names, cv=4).mean() > least
    fitted = clone(model).fit(X, names)
    assert set(fitted.predict(X)) <= {"a", "b", "c"}
    assert fitted.predict_proba(X).sum(axis=1) == pytest.approx(1.0)
    assert fitted.loss_curve_[-1] < 0.3 * fitted.loss_curve_[0]
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict_proba(X) == fitted.predict_proba(X)).all()
    assert (clone(model).fit(X, names).predict_proba(X) == fitted.predict_proba(X)).all()


def test_numbers() -> None:
    X, y = load_diabetes(return_X_y=True)
    X, held, y, wanted = train_test_split(X, y, random_state=0)
    model = MLPRegressor(hidden=(8,), epochs=60, weight_decay=0.1).fit(X, y)
    assert model.score(held, wanted) > 0.25
    both = MLPRegressor(epochs=40).fit(X, np.column_stack([y, -y]))
    assert both.predict(held).shape == (len(held), 2)


def test_without_shuffle_the_order_of_the_rows_counts() -> None:
    X, y = load_iris(return_X_y=True)
    # Sorted by class: the last batches know one class alone.
    sorted_by_class = MLPClassifier(epochs=3, shuffle=False).fit(X, y)
    mixed = np.random.default_rng(0).permutation(len(X))
    assert MLPClassifier(epochs=3).fit(X, y).score(X, y) > sorted_by_class.score(X, y)
    assert MLPClassifier(epochs=3, shuffle=False).fit(X[mixed], y[mixed]).score(X, y) > sorted_by_class.score(X, y)
