"""The Python code that the playground shows for an expression runs, and prints the gradients of its session."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Beside the examples of the page: every operation, every kind of name.
TEXTS = [
    "fn = 2; lambda = 3; Value = 0.5; self = fn*lambda + Value; print = self^2; print",
    "größe = 2; 数 = 3; a_ = 4; w = [1, -2]; größe*数 + a_*w[0] - w[1]",
    "x = 2; y = 3 - x; z = 2/(1 - y) + 4*(5 + 6); u = -(2*3); z*u + 7",
    "x = -2; y = -x^2; z = (-x)^3; w = 2^x; w - y - (z - x) - -3",
    "x = 0.3; exp(x) + log(x) + sqrt(x) + sin(x)*cos(x) + sigmoid(x) + relu(x) + softplus(x) + gelu(x)"
    " + erf(x) + abs(-x) + leaky_relu(-x) + leaky_relu(-x, 0.2) + x^x",
    "x = 0.3; y = -1; l = [x, y, 2]; sum(l) + mean(l) + logsumexp(l) + max(l) + min(x, y) + dot(l, [y, x, x])"
    " + affine([x, y], [y, 2], x) + softmax(l)[1] + log_softmax(l)[2]",
    "x = 0.3; y = 2; c = x < y; d = (x >= y) + (x == y) + (x != 3); select(c, x*y, x) + d",
    "c = 1; c = c + 1; c = c*c; a = c; c = a + c; c*1",
    "tanh(w*x + b)",
]


def session(*words: str) -> str:
    run = ["cargo", "run", "--quiet", "--package", "gradling-wasm", "--example", "run", "--", *words]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_code_of_the_playground_prints_the_gradients_of_its_session() -> None:
    examples = [json.loads(line)["text"] for line in session("examples").splitlines()]
    assert len(examples) > 5
    for text in examples + TEXTS:
        code = session("code", "python", text)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, f"{text}\n{code}\n{done.stderr}"
        printed = [re.fullmatch(r"(.*): data (\S+), grad (\S+)", line) for line in done.stdout.splitlines()]
        expected = json.loads(session("gradients", text))
        assert len(printed) == len(expected), done.stdout
        for match, (name, data, grad) in zip(printed, expected, strict=True):
            assert match is not None, done.stdout
            assert match[1] == name, text
            for number, wanted in ((float(match[2]), float(data)), (float(match[3]), float(grad))):
                assert math.isclose(number, wanted, rel_tol=1e-12, abs_tol=1e-12) or (
                    math.isnan(number) and math.isnan(wanted)
                ), f"{text}: {match[0]}, not {wanted}\n{code}"
