#!/usr/bin/env python3
"""Peer measurement: the next day of a 15-minute series as the original forecaster made it, one `predict` a step.

usage: keras_next_day.py [steps]
LSTM(50) -> Dense(1) on a window of 60, each forecast fed back as the next input. No intervals.
Prints one JSON line: steps, cpu_s, series_per_cpu_s (a next day has 96 steps).
"""
import json, os, resource, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"; os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras, numpy as np
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 96
m = keras.Sequential([keras.Input((60, 1)), keras.layers.LSTM(50), keras.layers.Dense(1)])
x = np.sin(np.arange(60) / 15).astype("f4").reshape(1, 60, 1)
m.predict(x, verbose=0)
cpu = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
c = cpu()
for _ in range(steps):
    y = m.predict(x, verbose=0)
    x = np.concatenate([x[:, 1:], y.reshape(1, 1, 1)], axis=1)
c = cpu() - c
print(json.dumps(dict(peer="keras", steps=steps, cpu_s=round(c, 3), series_per_cpu_s=round(steps / 96 / c, 4))))
