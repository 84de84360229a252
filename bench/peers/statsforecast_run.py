#!/usr/bin/env python3
"""statsforecast on hourly series of the M4 competition, or on a day of 1-minute values (one process, one job).

usage: statsforecast_run.py hourly Hourly-train.csv.gz Hourly-test.csv.gz
       statsforecast_run.py minutes FILE.csv.gz...
Prints a JSON line per model: cpu_s of fits and forecasts, and mase, scaled by the difference of a day (the M4 definition).
Minutes: the last day is the test, at most 14 days before it are known.
"""
import json, os, sys, time, warnings; warnings.filterwarnings("ignore"); os.environ["NIXTLA_ID_AS_COL"] = "1"
import numpy as np, pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoETS, AutoTheta, MSTL

def scaled(forecast, known, actual, season):
    return np.abs(forecast - actual).mean() / np.abs(known[season:] - known[:-season]).mean()

def show(model, series, cpu_s, mase):
    print(json.dumps(dict(model=model, series=series, cpu_s=cpu_s, mase=mase)), flush=True)

def hourly(train, test):
    rows = lambda path: [row.dropna().values.astype(float) for _, row in pd.read_csv(path, index_col=0).iterrows()]
    known, actual = rows(train), rows(test)
    frame = lambda series: pd.concat(pd.DataFrame(dict(unique_id=f"H{i:04d}", ds=np.arange(1, len(y) + 1), y=y)) for i, y in enumerate(series))
    all_of_them = frame(known)
    for name, model in (("ets", AutoETS(24)), ("theta", AutoTheta(24)), ("mstl", MSTL([24, 168]))):
        forecast = StatsForecast(models=[model], freq=1, n_jobs=1)
        forecast.forecast(df=frame(known[:2]), h=48)  # what is compiled on first use is not counted
        start = time.process_time(); found = forecast.forecast(df=all_of_them, h=48); cpu_s = time.process_time() - start
        found = found.iloc[:, -1].values.reshape(len(known), 48)
        show(name, len(known), cpu_s, np.mean([scaled(f, k, a, 24) for f, k, a in zip(found, known, actual)]))

def minutes(paths):
    cpu_s, errors = 0.0, []
    for path in paths:
        values = pd.read_csv(path).value.values.astype(float)
        known, actual = values[:-1440][-14 * 1440:], values[-1440:]
        start = time.process_time(); found = MSTL([1440]).fit(known).predict(1440)["mean"]; cpu_s += time.process_time() - start
        errors.append(scaled(found, known, actual, 1440))
    show("mstl", len(paths), cpu_s, np.mean(errors))

hourly(*sys.argv[2:]) if sys.argv[1] == "hourly" else minutes(sys.argv[2:])
