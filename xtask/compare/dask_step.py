"""Full-table steps over Dask, on two processes of this machine, beside the same steps in this process.

The loss and the parameters of both are compared first. Prints a row for each table: what a step takes (median) in
this process on one thread and on two, and over Dask; then what a step over Dask costs where there is no work.
"""

import logging
from statistics import median
from time import perf_counter

import dask.dataframe as dd
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster
from gradling import Program, Trainer, nn, optim
from gradling.dask import fit

#: Rows, columns, hidden neurons, partitions, steps.
WORK = [
    (100_000, 2, [16, 16], 2, 30),
    (4_000_000, 2, [16, 16], 4, 5),
    (400_000, 32, [128, 128], 4, 5),
]
OVERHEAD = [(1, 40), (2, 40), (8, 40), (32, 20), (128, 8)]


def made(columns: int, hidden: list[int], threads: int) -> tuple[Program, optim.Adam]:
    model = nn.MLP(columns, [*hidden, 1], seed=1)
    loss = Program(lambda x, y: (model(x) - y) ** 2, model, threads=threads)
    return loss, optim.Adam(model, lr=1e-3)


def over_dask(ddf, columns, hidden, steps):
    program, optimizer = made(columns, hidden, 1)
    ends, begin = [], perf_counter()
    losses = fit(
        program,
        ddf,
        inputs=[f"x{k}" for k in range(columns)],
        target="y",
        optimizer=optimizer,
        epochs=steps + 1,
        on_step=lambda step, loss: ends.append(perf_counter()),
    )
    # The first step comes after the table was read.
    return ends[0] - begin, median(b - a for a, b in zip(ends, ends[1:])), losses


def here(x, y, columns, hidden, steps, threads):
    program, optimizer = made(columns, hidden, threads)
    trainer, times, losses = Trainer(program, optimizer), [], []
    batch = trainer._rows((x, y))
    for _ in range(steps + 1):
        begin = perf_counter()
        losses.append(trainer._trainer(batch[0]).step(*batch, optimizer.lr))
        times.append(perf_counter() - begin)
    return median(times[1:]), losses


def table(rows, columns):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, columns)).astype("float32")
    y = np.sin(x[:, 0]) + x[:, 1]
    return x, y, pd.DataFrame({**{f"x{k}": x[:, k] for k in range(columns)}, "y": y})


def main() -> None:
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as cluster,
        Client(cluster),
    ):
        print("rows × columns, network, parameters: ms a step on one thread, on two, over two workers; read in s")
        for rows, columns, hidden, partitions, steps in WORK:
            x, y, frame = table(rows, columns)
            one, expected = here(x, y, columns, hidden, steps, 1)
            two, _ = here(x, y, columns, hidden, steps, 2)
            read, dask, losses = over_dask(dd.from_pandas(frame, npartitions=partitions), columns, hidden, steps)
            assert np.allclose(losses, expected, rtol=1e-4), (losses, expected)
            parameters = len(made(columns, hidden, 1)[0].parameters)
            network = "-".join(map(str, [columns, *hidden, 1]))
            print(
                f"{rows:,} × {columns}, {network}, {parameters:,}: "
                f"{one * 1e3:.1f}, {two * 1e3:.1f}, {dask * 1e3:.1f}; {read:.1f}",
                flush=True,
            )
        print("partitions of 8 rows each, 2-16-16-1: ms a step")
        for partitions, steps in OVERHEAD:
            _, _, frame = table(8 * partitions, 2)
            _, dask, _ = over_dask(dd.from_pandas(frame, npartitions=partitions), 2, [16, 16], steps)
            print(f"{partitions}: {dask * 1e3:.1f}", flush=True)


if __name__ == "__main__":
    main()
