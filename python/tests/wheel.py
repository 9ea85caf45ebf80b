"""What a wheel must do in an empty environment: the whole way, without any other library."""

import tempfile
from pathlib import Path

import factorium as ft

with tempfile.TemporaryDirectory() as folder:
    root = Path(folder)
    ft.simulate(root / "archive", symbols=2, days=1, trades=500)
    assert ft.ingest(root / "archive", root / "store")["files"] == 2
    bars = ft.DataLoader(root / "store").load_aggbar(["BTCUSDT", "ETHUSDT"])
    signal = bars["close"].ts_mean(3).cs_rank()
    assert signal.write(root / "signal.csv") == len(bars) > 100
    # DuckDB, which lies in the package.
    ft.sql("SELECT count(*) FROM trades", store=root / "store")
    print(f"factorium {ft.__version__}: {bars}")
