"""Times one full-batch step of micrograd's notebook as a program, trained from Python."""

import json
import sys
import time

from gradling import Step, Trainer, optim, program
from gradling.micrograd.nn import MLP

data = json.load(open(sys.argv[1]))
model = MLP(2, [16, 16, 1])
for parameter, number in zip(model.parameters(), data["init_params"], strict=True):
    parameter.data = number


@program(model)
def loss(x, y):
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    return Step((1 - y * model(x)).relu(), plus=penalty)


COUNT = 20_000
wanted = data["notebook_loss_acc"][0][0]
assert abs(loss(data["X"], data["y"]) - wanted) < 1e-6
trainer = Trainer(loss, optim.SGD(model, lr=0.0))
trainer.fit(data["X"], data["y"], epochs=10)
begin = time.perf_counter()
trainer.fit(data["X"], data["y"], epochs=COUNT)
mean = (time.perf_counter() - begin) / COUNT
assert abs(trainer.history[-1] - wanted) < 1e-6
print(f"as a program, f32    {mean * 1e6:>9.1f} µs   (from Python, {COUNT} steps)")
