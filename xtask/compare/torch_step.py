"""Times one full-batch step of the two-moons network by PyTorch, eager, one thread."""

import json
import statistics
import sys
import time

import torch

torch.set_num_threads(1)
data = json.load(open(sys.argv[1]))


def measure(dtype):
    flat = torch.tensor(data["init_params"], dtype=dtype)
    parameters, place = [], 0
    for inputs, outputs in ((2, 16), (16, 16), (16, 1)):
        rows = flat[place : place + outputs * (inputs + 1)].reshape(outputs, inputs + 1)
        place += rows.numel()
        parameters += [rows[:, :inputs].clone().requires_grad_(), rows[:, inputs].clone().requires_grad_()]
    x, y = torch.tensor(data["X"], dtype=dtype), torch.tensor(data["y"], dtype=dtype)
    w1, b1, w2, b2, w3, b3 = parameters

    def step():
        for parameter in parameters:
            parameter.grad = None
        hidden = torch.relu(torch.addmm(b1, x, w1.T))
        hidden = torch.relu(torch.addmm(b2, hidden, w2.T))
        score = torch.addmm(b3, hidden, w3.T)[:, 0]
        loss = torch.relu(1 - y * score).mean() + 1e-4 * sum((p * p).sum() for p in parameters)
        loss.backward()
        return loss.item()

    for _ in range(50):
        loss = step()
    times = []
    for _ in range(300):
        begin = time.perf_counter()
        step()
        times.append(time.perf_counter() - begin)
    assert abs(loss - data["notebook_loss_acc"][0][0]) < 1e-5, loss
    print(f"torch {torch.__version__} {str(dtype)[6:]:<8} {statistics.median(times) * 1e6:>9.1f} µs")


measure(torch.float64)
measure(torch.float32)
