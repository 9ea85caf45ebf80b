"""Plain pandas computations that results are compared with."""

import numpy as np
import pandas as pd

CLOSE = {"open", "high", "low", "close", "num_buyer", "num_seller", "start_time", "end_time"}


def time_bars(trades: pd.DataFrame, interval_ms: int) -> pd.DataFrame:
    """Bars of trades (symbol, time, price, quantity, is_buyer_maker, id), ordered as the aggregator's."""
    trades = trades.sort_values(["symbol", "time", "id"], kind="stable")
    start = trades.time // interval_ms * interval_ms
    buys = ~trades.is_buyer_maker
    rows = trades.assign(
        start_time=start,
        notional=trades.price * trades.quantity,
        buy=buys.astype("int64"),
        sell=(~buys).astype("int64"),
        buy_volume=trades.quantity.where(buys, 0.0),
        sell_volume=trades.quantity.where(~buys, 0.0),
    )
    made = (
        rows.groupby(["symbol", "start_time"])
        .agg(
            open=("price", "first"),
            high=("price", "max"),
            low=("price", "min"),
            close=("price", "last"),
            volume=("quantity", "sum"),
            notional=("notional", "sum"),
            num_buyer=("buy", "sum"),
            num_seller=("sell", "sum"),
            num_buyer_volume=("buy_volume", "sum"),
            num_seller_volume=("sell_volume", "sum"),
        )
        .reset_index()
    )
    made.insert(2, "end_time", made.start_time + interval_ms)
    made.insert(8, "vwap", made.notional / made.volume)
    return made.drop(columns="notional").sort_values(["start_time", "symbol"], ignore_index=True)


def assert_bars(actual: pd.DataFrame, expected: pd.DataFrame) -> None:
    """The same columns and rows; prices, times and counts equal, sums to 1e-12."""
    assert list(actual.columns) == list(expected.columns)
    assert len(actual) == len(expected)
    for name in expected.columns:
        a, e = actual[name].to_numpy(), expected[name].to_numpy()
        if name in CLOSE or name == "symbol":
            assert (a == e).all(), name
        else:
            np.testing.assert_allclose(a, e, rtol=1e-12, err_msg=name)


def make_trades(n: int = 3000, seed: int = 5, symbols: tuple[str, ...] = ("AAA", "BBB")) -> pd.DataFrame:
    """Trades with ties in time, in (symbol, time, id) order."""
    rng = np.random.default_rng(seed)
    made = []
    for symbol in symbols:
        time = 1_723_075_200_000 + np.sort(rng.integers(0, 7_200_000, n) // 7 * 7)
        made.append(
            pd.DataFrame(
                {
                    "symbol": symbol,
                    "time": time,
                    "price": np.round(100 + rng.normal(size=n).cumsum() * 0.01, 2),
                    "quantity": np.round(rng.gamma(1, 3, n), 3),
                    "is_buyer_maker": rng.random(n) < 0.5,
                    "id": np.arange(n),
                }
            )
        )
    return pd.concat(made, ignore_index=True)
