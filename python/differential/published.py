"""Runs in the environment of the published package: writes its answers to a folder.  published.py BARS STORE OUT"""

import json
import sys
import warnings
from pathlib import Path

import factorium
import pandas as pd
from cases import BACKTESTS, KLINES, LOADS, backtest, evaluate, factors, operators, range_of

warnings.filterwarnings("ignore")
bars, store, out = sys.argv[1], sys.argv[2], Path(sys.argv[3])
panel = factorium.AggBar(pd.read_parquet(bars))
names = factors(factorium, panel)
answers = {}
for i, case in enumerate(operators()):
    try:
        frame = evaluate(case, factorium, names).to_pandas()
    except Exception as error:  # an operator that fails is an answer, too
        answers[case] = f"{type(error).__name__}: {error}"[:200]
        continue
    frame.to_parquet(out / f"operator-{i}.parquet")
    answers[case] = None
for symbol in ("BTCUSDT", "ETHUSDT"):
    for i, (name, arguments) in enumerate(LOADS.items()):
        loader = factorium.BinanceDataLoader(base_path=store)
        try:
            loaded = loader.load_aggbar(symbol, "aggTrades", "futures", "um", use_cache=False, **range_of(arguments))
            loaded.to_df().to_parquet(out / f"load-{symbol}-{i}.parquet")
            answers[f"{symbol} {name}"] = None
        except Exception as error:
            answers[f"{symbol} {name}"] = f"{type(error).__name__}: {error}"[:200]
for i, arguments in enumerate(KLINES.values()):
    loader = factorium.BinanceDataLoader(base_path=store + "-klines")
    loaded = loader.load_aggbar(["BTCUSDT"], "klines", "futures", "um", use_cache=False, **range_of(arguments))
    loaded.to_df().to_parquet(out / f"klines-{i}.parquet")
for i, name in enumerate(BACKTESTS):
    backtest(name, factorium, panel).to_parquet(out / f"backtest-{i}.parquet")
(out / "answers.json").write_text(json.dumps(answers))
