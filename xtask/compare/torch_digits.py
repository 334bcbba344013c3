"""Times loss and gradient of two digit networks by PyTorch: 64-32-10 and 784-128-10, batches of 128.

ReLU, softmax cross-entropy, float32, no optimiser. Eager and compiled, on one thread and on all.
"""

import os
import statistics
import time
import warnings

import torch
from torch.nn.functional import cross_entropy

BATCH = 128
ALL = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def network(inputs, hidden, outputs):
    """A function that leaves the gradient in the parameters and returns the loss."""
    torch.manual_seed(0)
    x, y = torch.randn(BATCH, inputs), torch.randint(outputs, (BATCH,))
    first, last = torch.nn.Linear(inputs, hidden), torch.nn.Linear(hidden, outputs)
    parameters = [first.weight, first.bias, last.weight, last.bias]

    def loss_of(w1, b1, w2, b2):
        hidden = torch.relu(torch.addmm(b1, x, w1.T))
        return cross_entropy(torch.addmm(b2, hidden, w2.T), y)

    def step(loss_of):
        for parameter in parameters:
            parameter.grad = None
        loss = loss_of(*parameters)
        loss.backward()
        return loss.detach()

    return loss_of, step


def median_ns(work):
    for _ in range(50):
        work()
    times = []
    begin = time.perf_counter()
    while len(times) < 200 or (time.perf_counter() - begin < 2 and len(times) < 5000):
        start = time.perf_counter_ns()
        work()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times)


def compiled(loss_of, step):
    """The compiled loss, or None with a line why: it needs a C++ compiler."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fast = torch.compile(loss_of)
            if not torch.allclose(step(fast), step(loss_of), rtol=1e-5):
                raise RuntimeError("the compiled loss differs")
        return fast
    except Exception as error:
        print(f"torch.compile does not work here: {str(error).splitlines()[0]}")
        return None


for sizes in ((64, 32, 10), (784, 128, 10)):
    name = "-".join(map(str, sizes))
    for threads in dict.fromkeys((1, ALL)):
        torch.set_num_threads(threads)
        torch.compiler.reset()
        loss_of, step = network(*sizes)
        for way, loss in (("eager", loss_of), ("compile", compiled(loss_of, step))):
            if loss is not None:
                ns = median_ns(lambda: step(loss))
                way = f"torch {torch.__version__} {way}"
                print(f"{name:<11} {way:<28} {threads:>2} thread(s) {ns:>10.0f} ns", flush=True)
