"""The Python code of the README runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

#: What the README leaves to its reader.
GIVEN = """
from gradling import nn
import numpy as np
X = np.random.default_rng(0).normal(size=(64, 2))
y = np.where(X[:, 0] > 0, 1, -1)
model = nn.MLP(2, [8, 1])
"""


def test_the_code_of_the_readme_runs() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    assert len(blocks) == 2
    code = "\n".join([GIVEN, *blocks, "print(type(MLP(2, [1])).__module__, len(model.layers))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("gradling.micrograd.nn 2\n")
