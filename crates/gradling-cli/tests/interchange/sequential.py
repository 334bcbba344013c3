"""Writes an nn.Sequential of first weights as net.safetensors, and prints what it predicts of a table.

Arguments: the table, its target, the sizes of all layers, and the activations of the hidden ones, with commas. The
columns become standard scores. One line a row: the quantity, or the probability of each class, with commas.
"""

import csv
import sys

import torch
from safetensors.torch import save_file
from torch import nn

path, target, sizes, activations = sys.argv[1:5]
with open(path, newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
names = [name for name in rows[0] if name != target]
x = torch.tensor([[float(row[name]) for name in names] for row in rows], dtype=torch.float64)
x = ((x - x.mean(dim=0)) / x.std(dim=0, correction=0)).to(torch.float32)

MODULES = {
    "tanh": nn.Tanh(),
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(),
    "gelu": nn.GELU(),
    "softplus": nn.Softplus(),
    "sigmoid": nn.Sigmoid(),
}
torch.manual_seed(0)
sizes = [int(size) for size in sizes.split(",")]
modules = []
for inputs, outputs, name in zip(sizes, sizes[1:], activations.split(",")):
    modules += [nn.Linear(inputs, outputs), MODULES[name], nn.Dropout(0.5)]
network = nn.Sequential(*modules, nn.Linear(sizes[-2], sizes[-1])).eval()
save_file(network.state_dict(), "net.safetensors")

with torch.no_grad():
    y = network(x).to(torch.float64)
classes = len({row[target] for row in rows})
if classes > 10:
    pass  # A quantity.
elif sizes[-1] == 1:
    y = torch.cat([torch.sigmoid(-y), torch.sigmoid(y)], dim=1)
else:
    y = torch.softmax(y, dim=1)
for row in y.tolist():
    print(",".join(map(repr, row)))
