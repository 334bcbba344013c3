"""scikit-learn estimators: networks with `fit`, `predict` and `score`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from gradling import nn, optim
from gradling.compiled import Program
from gradling.trainer import Trainer

__all__ = ["MLPClassifier", "MLPRegressor"]


def _spread(numbers: Any) -> tuple[Any, Any]:
    """The mean of each column, and its deviation, or 1 where that is 0."""
    deviation = numbers.std(axis=0)
    return numbers.mean(axis=0), np.where(deviation > 0, deviation, 1.0)


class _Network(BaseEstimator):  # type: ignore[misc]
    """What the two have in common: inputs scaled to mean 0 and deviation 1, a network, training."""

    def __init__(
        self,
        hidden: tuple[int, ...] = (32,),
        activation: str = "tanh",
        lr: float = 0.01,
        weight_decay: float = 0.0,
        batch: int | None = 32,
        shuffle: bool = True,
        epochs: int = 100,
        dtype: str = "float32",
        random_state: Any = 0,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.lr = lr
        self.weight_decay = weight_decay
        self.batch = batch
        self.shuffle = shuffle
        self.epochs = epochs
        self.dtype = dtype
        self.random_state = random_state

    def _train(self, X: Any, targets: Any, loss: Any) -> None:
        random = check_random_state(self.random_state)
        seed = int(random.randint(2**31 - 1))
        self.mean_, self.scale_ = _spread(X)
        model = nn.MLP(X.shape[1], (*self.hidden, targets.shape[1]), self.activation, seed=seed)

        def step(x: Any, y: Any) -> Any:
            outputs = model.outputs(x)
            return loss(outputs, y), outputs

        program = Program(step, model, dtype=self.dtype)  # type: ignore[arg-type]
        optimizer = optim.AdamW(model, lr=self.lr, weight_decay=self.weight_decay)
        trainer = Trainer(program, optimizer, batch=self.batch, shuffle=self.shuffle, seed=seed)
        trainer.fit(self._scaled(X), targets, epochs=self.epochs)
        # In double precision, a prediction does not depend on the rows beside it by more than its last digits.
        self._program = Program(step, model, dtype="float64")
        self._program(self._scaled(X[:1]), targets[:1])  # records the step
        self.model_ = model
        self.loss_curve_ = trainer.history
        self.n_iter_ = self.epochs

    def _scaled(self, X: Any) -> Any:
        return (X - self.mean_) / self.scale_

    def _outputs(self, X: Any) -> Any:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return np.asarray(self._program.predict(self._scaled(X)), dtype=np.float64)


class MLPClassifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A network that tells classes apart, trained by AdamW on softmax cross-entropy.

    `hidden` are the neurons of the hidden layers; `batch` is None for all rows at once; without `shuffle` the rows
    of each epoch are in the order in which they are given.
    """

    def fit(self, X: Any, y: Any) -> MLPClassifier:
        """Trains on samples × features and a class for each sample."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"there are samples of 1 class only, {self.classes_[0]!r}: a classifier needs 2 at least"
            )
        self._train(X, np.eye(len(self.classes_))[codes], nn.cross_entropy)
        return self

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class for each sample."""
        logits = self._outputs(X)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> Any:
        """The most probable class of each sample."""
        logits = self._outputs(X)
        return self.classes_[logits.argmax(axis=1)]


class MLPRegressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A network that predicts numbers, trained by AdamW on the squared error of targets scaled to deviation 1."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> MLPRegressor:
        """Trains on samples × features and a number, or a row of them, for each sample."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        targets = y.reshape(len(y), -1).astype(np.float64)
        self._one_dimension = y.ndim == 1
        self.target_mean_, self.target_scale_ = _spread(targets)
        self._train(X, (targets - self.target_mean_) / self.target_scale_, nn.mean_squared_error)
        return self

    def predict(self, X: Any) -> Any:
        """The prediction for each sample."""
        found = self._outputs(X) * self.target_scale_ + self.target_mean_
        return found.ravel() if self._one_dimension else found
