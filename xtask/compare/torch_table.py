"""An epoch of a 20-32-32-1 network over a large table, by PyTorch on one thread.

python torch_table.py X.npy Y.npy

The rows are in memory as float32 before the clock starts, and dealt out once, so that each batch is a slice. Four of
five are trained on, in batches of 32, by fused AdamW, as `gradling train` does, but at one rate: a schedule takes time, too.
"""

import sys
import time

import numpy
import torch

torch.set_num_threads(1)
torch.manual_seed(0)
begin = time.perf_counter()
x = torch.from_numpy(numpy.load(sys.argv[1]))
y = torch.from_numpy(numpy.load(sys.argv[2])).unsqueeze(1)
mean, scale = x.mean(0), x.std(0)
x -= mean
x /= scale
rows = len(x) * 4 // 5
BATCH = 32

model = torch.nn.Sequential(
    torch.nn.Linear(20, 32),
    torch.nn.Tanh(),
    torch.nn.Linear(32, 32),
    torch.nn.Tanh(),
    torch.nn.Linear(32, 1),
)
cost = torch.nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.01, fused=True)

order = torch.randperm(len(x))
x, y = x[order], y[order]
loaded, busy = time.perf_counter(), time.process_time()
for start in range(0, rows, BATCH):
    optimizer.zero_grad(set_to_none=True)
    loss = cost(model(x[start : min(start + BATCH, rows)]), y[start : min(start + BATCH, rows)])
    loss.backward()
    optimizer.step()
trained, busy = time.perf_counter(), time.process_time() - busy
with torch.no_grad():
    right = ((model(x[rows:]) > 0) == (y[rows:] > 0.5)).float().mean().item()
end = time.perf_counter()
print(
    f"PyTorch {torch.__version__}, one thread: epoch of {rows:,} rows {trained - loaded:.1f} s ({busy:.1f} s of processor), "
    f"from .npy to the end {end - begin:.1f} s, held-out accuracy {right:.3f}"
)
