#!/usr/bin/env python3
"""Peer measurement: intervals by LightGBM quantile regression, one global model per level over all series.

usage: lightgbm_quantiles.py meters smart_meters_10.csv.gz        24 h, 90 daily origins
       lightgbm_quantiles.py m4 Hourly-train.csv.gz Hourly-test.csv.gz   48 h, one origin
       lightgbm_quantiles.py ett ETTm1.csv.gz                     96 steps, test origins every 24 steps
Features as in lightgbm_meters.py: lags by season, levels of day and week, step ahead, place in day and week, series.
Prints one JSON line: coverage of the 80 % and 90 % intervals (pooled, and the series furthest off), and the pinball loss:
mean over the levels 0.05, 0.1, 0.5, 0.9, 0.95 in units of each series' in-sample mean absolute seasonal difference.
"""
import json, sys, time
import lightgbm as lgb, numpy as np, pandas as pd
LEVELS = [0.05, 0.1, 0.5, 0.9, 0.95]
what = sys.argv[1]
if what == "meters":
    d = pd.read_csv(sys.argv[2], index_col=0).ffill().bfill()
    S = [d[c].values.astype(float) for c in d]; DAY, H, SEASON, STEP = 24, 24, 168, 5
    starts = [np.arange(len(y) - 90 * DAY, len(y) - H + 1, DAY) for y in S]
elif what == "m4":
    tr, te = pd.read_csv(sys.argv[2], index_col=0), pd.read_csv(sys.argv[3], index_col=0)
    P = [r.dropna().values.astype(float) for _, r in tr.iterrows()]; F = [r.dropna().values.astype(float) for _, r in te.iterrows()]
    S = [np.concatenate(x) for x in zip(P, F)]; DAY, H, SEASON, STEP = 24, 48, 24, 7
    starts = [np.array([len(p)]) for p in P]
else:
    d = pd.read_csv(sys.argv[2], index_col=0).iloc[:57600]
    S = [d[c].values.astype(float) for c in d]; DAY, H, SEASON, STEP = 96, 96, 96, 96
    starts = [np.arange(46080, 57600 - H + 1, 24) for y in S]
WEEK = 7 * DAY
DAYS = (1, 2, 3, 4, 5, 6, 7, 14) if what == "m4" else (1, 2, 3, 4, 5, 6, 7, 14, 21, 28)
BACK = max(DAYS) * DAY + 2 * H
X, Y, Xt, Yt, scale, who = [], [], [], [], [], []
for i, y in enumerate(S):
    test0 = starts[i][0] if what != "ett" else 34560
    sc = np.abs(y[:test0]).mean() or 1.0; z = y / sc; den = np.abs(y[SEASON:test0] - y[:test0 - SEASON]).mean() / sc
    def rows(t):
        h = np.arange(H); tt = t + h; back = (h // DAY) * DAY
        lags = [z[tt - back - k * DAY] for k in DAYS] + [z[tt - back - DAY - 1], z[tt - back - DAY + 1 - (h % DAY == DAY - 1)]]
        now = np.array([z[t - 1], z[t - DAY:t].mean(), z[t - WEEK:t].mean(), z[t - 1] - z[t - WEEK - 1],
                        (z[t - DAY:t] - z[t - WEEK - DAY:t - WEEK]).mean(), z[t - DAY // 4:t].mean() - z[t - WEEK - DAY // 4:t - WEEK].mean()])
        return np.column_stack(lags + [np.tile(now, (H, 1)), h, tt % DAY, (tt // DAY) % 7, np.full(H, i)])
    for t in range(BACK, test0 - H, STEP): X.append(rows(t)); Y.append(z[t:t + H])
    for t in starts[i]: Xt.append(rows(t)); Yt.append(z[t:t + H]); scale.append(den); who.append(i)
X, Y, Xt = np.concatenate(X), np.concatenate(Y), np.concatenate(Xt); Yt = np.stack(Yt); scale = np.array(scale); who = np.array(who)
if len(X) > 1_000_000:
    keep = np.random.default_rng(0).choice(len(X), 1_000_000, replace=False); X, Y = X[keep], Y[keep]
s = time.time(); Q = []
for level in LEVELS:
    m = lgb.train(dict(learning_rate=.06, objective="quantile", alpha=level, num_leaves=31, num_threads=2, verbose=-1), lgb.Dataset(X, Y), 300)
    Q.append(m.predict(Xt).reshape(-1, H))
s = time.time() - s
Q = np.sort(np.stack(Q), 0)
series = lambda v: np.array([v[who == k].mean() for k in range(len(S))])
loss = np.mean([np.where(Yt >= q, l * (Yt - q), (1 - l) * (q - Yt)).mean(1) / scale for q, l in zip(Q, LEVELS)], 0)
c80 = series(((Yt >= Q[1]) & (Yt <= Q[3])).mean(1)); c90 = series(((Yt >= Q[0]) & (Yt <= Q[4])).mean(1))
print(json.dumps(dict(peer="lightgbm quantiles", data=what, coverage_80=round(float(c80.mean()), 4), coverage_90=round(float(c90.mean()), 4),
      furthest_80=round(float(np.abs(c80 - .8).max()), 4), furthest_90=round(float(np.abs(c90 - .9).max()), 4),
      pinball=round(float(series(loss).mean()), 5), fit_predict_wall_s=round(s, 1))))
