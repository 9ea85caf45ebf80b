"""The table of names: each exists, under each path, with the arguments that users write.

What a name does is stated beside it, or by the test of its own file that is named behind it.
"""

import importlib
import inspect

import factorium as ft
import pytest

# "module:name" and its arguments, in order, as far as they are promised; "" where it is no function.
NAMES = {
    # Adapters: test_data.py, test_column_mapping_is_a_value .. test_an_adapter_of_the_users
    "factorium.data.adapters:ColumnMapping": "timestamp, price, volume, is_buyer_maker",
    "factorium.data.adapters:BaseExchangeAdapter": "",
    "factorium.data.adapters:BaseExchangeAdapter.get_column_mapping": "self, data_type",
    "factorium.data.adapters:BinanceAdapter": "",
    "factorium.data.adapters:BinanceAdapter.build_parquet_glob": "self, base_path, symbols, data_type, market_type",
    "factorium.data.adapters:BinanceAdapter.get_download_url": "self, symbol, data_type, market_type, date, futures_type='um'",
    # Aggregator, cache: test_data.py, test_time_bars_of_a_store .. test_bar_cache
    "factorium.data:BarAggregator.aggregate_time_bars": (
        "self, parquet_pattern, symbols, interval_ms, start_ts, end_ts, column_mapping, include_buyer_seller=True"
    ),
    "factorium.data:BarAggregator.aggregate_tick_bars": (
        "self, parquet_pattern, symbol, interval_ticks, column_mapping, include_buyer_seller=True"
    ),
    "factorium.data:BarAggregator.aggregate_volume_bars": (
        "self, parquet_pattern, symbol, interval_volume, column_mapping, include_buyer_seller=True"
    ),
    "factorium.data:BarAggregator.aggregate_dollar_bars": (
        "self, parquet_pattern, symbol, interval_dollar, column_mapping, include_buyer_seller=True"
    ),
    "factorium.data:BarCache": "cache_dir=PosixPath('Data/.cache')",
    "factorium.data:BarCache.put": "self, df, exchange, symbols, interval_ms, data_type, market_type, date",
    "factorium.data:BarCache.get": "self, exchange, symbols, interval_ms, data_type, market_type, date",
    "factorium.data:BarCache.get_range": (
        "self, exchange, symbols, interval_ms, data_type, market_type, start_date, end_date"
    ),
    "factorium.data:BarCache.clear": "self",
    # Loaders: test_data.py, test_data_loader .. test_date_ranges; test_sync.py
    "factorium:DataLoader": "base_path='./Data', cache_enabled=True, cache_dir=None",
    "factorium.data:DataLoader": "base_path='./Data', cache_enabled=True, cache_dir=None",
    "factorium.data.loader_v2:DataLoader": "base_path='./Data', cache_enabled=True, cache_dir=None",
    "factorium:DataLoader.load_aggbar": (
        "self, symbols, interval_ms=60000, start_date=None, end_date=None, days=None, exchange='binance', "
        "data_type='aggTrades', market_type='futures', futures_type='um', use_cache=True, include_buyer_seller=True"
    ),
    "factorium:BinanceDataLoader": "backend='local', path='./Data'",
    "factorium.data:BinanceDataLoader.load_aggbar": (
        "self, symbols, data_type, market_type, futures_type='um', start_date=None, end_date=None, days=None, "
        "bar_type='time', interval=60000, force_download=False, use_cache=True"
    ),
    "factorium.data:BinanceDataLoader.load_aggbar_fast": (
        "self, symbols, data_type, market_type, futures_type='um', start_date=None, end_date=None, days=None, "
        "interval_ms=60000, force_download=False, use_cache=True"
    ),
    "factorium.data:BinanceDataDownloader": "base_path='./Data', max_concurrent_downloads=5, retry_attempts=3, retry_delay=1",
    "factorium.data:BinanceDataDownloader.download_data": (
        "self, symbol, data_type, market_type, futures_type='cm', start_date=None, end_date=None, days=None"
    ),
    # Files: test_data.py, test_names_of_files, test_csv_and_hive_parquet
    "factorium.data:csv_to_parquet": "csv_path, output_dir, compression='zstd', filename='data.parquet'",
    "factorium.data:read_hive_parquet": "base_path, columns=None, where=None",
    "factorium.data:build_hive_path": "base_path, market, data_type, symbol, year, month, day",
    "factorium.data:get_market_string": "market_type, futures_type=''",
    "factorium.data:calculate_date_range": "start_date=None, end_date=None, days=None, default_days=7",
    "factorium.data:BINANCE_COLUMNS": "",
    # AggBar: test_aggbar.py
    "factorium:AggBar": "data, metadata=None",
    "factorium:AggBar.__getitem__": "self, key",
    "factorium:AggBar.slice": "self, start=None, end=None, symbols=None",
    "factorium:AggBar.with_mask": "self, name, mask_source, metadata, tags=None",
    **{f"factorium:AggBar.{name}": "self" for name in ("info", "to_df", "to_polars", "__len__", "__repr__", "copy")},
    **{f"factorium:AggBar.{name}": "" for name in ("symbols", "cols", "timestamps", "metadata", "data")},
    "factorium:AggBar.to_csv": "self, path",
    "factorium:AggBar.to_parquet": "self, path",
    "factorium:AggBar.from_df": "df",
    "factorium:AggBar.from_csv": "path",
    "factorium:AggBar.from_bars": "bars",
    # Factors: test_factors.py
    "factorium:Factor": "data, name=None",
    "factorium:Factor.from_expression": "expr, context",
    "factorium:Factor.eval": "self, prices, periods=1, quantiles=5, output_dir=None, price_col='close', mask=None",
    "factorium:Factor.plot": (
        "self, plot_type='timeseries', symbols=None, start_time=None, end_time=None, figsize=(12, 6)"
    ),
    **{f"factorium:Factor.{name}": "self" for name in ("to_pandas", "to_polars", "__len__", "__repr__")},
    "factorium:Factor.data": "",
    "factorium:Factor.name": "",
    "factorium.factors:BaseFactor": "data, name=None",
    "factorium.factors:CompositeFactor": "factors, weights=None, name='composite'",
    "factorium.factors:CompositeFactor.from_zscore": "factors, name='composite_zscore'",
    "factorium.factors.parser:FactorExpressionParser.parse": "self, expr, context",
    "factorium.factors:operators": "",
    "factorium:evaluate": "expressions, panel=None",
    # PolarsEngine: test_engine.py
    **{
        f"factorium.factors.engine:PolarsEngine.{name}": "df, window"
        for name in ("ts_mean", "ts_std", "ts_sum", "ts_min", "ts_max")
    },
    **{f"factorium.factors.engine:PolarsEngine.{name}": "df, period" for name in ("ts_shift", "ts_diff")},
    **{
        f"factorium.factors.engine:PolarsEngine.{name}": "df"
        for name in ("cs_rank", "cs_zscore", "cs_demean", "to_pandas", "from_pandas")
    },
    # Batches: test_arrow.py
    "factorium.arrow:bars": "batches, interval='1m'",
    "factorium.arrow:factors": "batches, expressions",
    # Evaluation: test_evaluation.py
    "factorium.factors:FactorAnalyzer": "factor, prices, quantiles=5, mask=None",
    "factorium.factors.analyzer:FactorAnalyzer.analyze": "self, price_col='close', periods=1",
    "factorium.factors.analyzer:FactorAnalyzer.prepare_data": "self, periods=None, price_col=None",
    "factorium.factors.analyzer:FactorAnalyzer.calculate_ic": "self, method='rank'",
    "factorium.factors.analyzer:FactorAnalyzer.calculate_ic_summary": "self, method='rank'",
    "factorium.factors.analyzer:FactorAnalyzer.calculate_turnover": "self",
    "factorium.factors.analyzer:FactorAnalyzer.calculate_quantile_returns": "self, quantiles=5, period=1",
    "factorium.factors.analyzer:FactorAnalyzer.calculate_cumulative_returns": "self, quantiles=5, period=1, long_short=True",
    "factorium.factors.analyzer:FactorAnalyzer.plot_ic": "self, period=1, method='rank', plot_type='ts'",
    "factorium.factors.analyzer:FactorAnalyzer.plot_quantile_returns": "self, quantiles=5, period=1",
    "factorium.factors.analyzer:FactorAnalyzer.plot_cumulative_returns": "self, quantiles=5, period=1, long_short=True",
    "factorium.factors.analyzer:FactorAnalyzer.plot_ic_decay": "self, periods=None, method='rank'",
    "factorium.factors.analyzer:FactorAnalysisResult": (
        "factor_name, periods, quantiles, ic_series, ic_summary, turnover_series, turnover_mean, quantile_returns, "
        "cumulative_returns=None"
    ),
    "factorium.factors.analyzer:FactorAnalysisResult.to_dict": "self",
    "factorium.factors.analyzer:FactorAnalysisResult.save": "self, output_dir",
    "factorium.factors.plotting_analyzer:FactorAnalyzerPlotter": "",
    # Backtests, research: test_backtest.py
    "factorium.backtest:VectorizedBacktester": (
        "prices, signal, entry_price='close', transaction_cost=0.0003, initial_capital=10000.0, "
        "neutralization='market', frequency='1h', constraints=None, mask=None"
    ),
    "factorium.backtest.vectorized:VectorizedBacktester.run": "self",
    "factorium.backtest:Backtester.summary": "self",
    "factorium.backtest:BacktestResult": "equity_curve, returns, metrics, trades, portfolio_history",
    "factorium.backtest:LegacyBacktester": (
        "prices, signal, entry_price='close', transaction_cost=0.0003, initial_capital=10000.0, full_rebalance=False, "
        "neutralization='market', frequency='1h'"
    ),
    "factorium.backtest:MaxPositionConstraint": "max_weight",
    "factorium.backtest:MaxGrossExposureConstraint": "max_exposure",
    "factorium.backtest:LongOnlyConstraint": "",
    "factorium.backtest:MarketNeutralConstraint": "",
    "factorium.backtest:WeightConstraint": "",
    "factorium.backtest:frequency_to_periods_per_year": "freq",
    "factorium.backtest:parse_frequency_to_seconds": "freq",
    "factorium:ResearchSession": (
        "data, default_frequency='1h', default_initial_capital=10000.0, default_transaction_cost=0.0003"
    ),
    "factorium.research:ResearchSession.create_factor": "self, expr, name=None",
    "factorium.research:ResearchSession.factor": "self, column",
    "factorium.research:ResearchSession.analyze": "self, factor, price_col='close', quantiles=5, periods=1",
    "factorium.research:ResearchSession.backtest": (
        "self, signal, neutralization='market', entry_price='close', frequency=None, initial_capital=None, "
        "transaction_cost=None"
    ),
    "factorium.research:ResearchSession.quick_report": "self, factor, periods=1, quantiles=5, price_col='close'",
    "factorium.research:ResearchSession.slice": "self, start=None, end=None, symbols=None",
    **{f"factorium.research:ResearchSession.{name}": "path" for name in ("from_csv", "from_parquet", "load")},
    "factorium.research:FactorReport.generate": "session, factor, price_col='close', quantiles=5",
    # Universes: test_universe.py
    "factorium:Universe": "rules",
    "factorium.universe:Universe.apply": "self, df, metadata, tags=None",
    "factorium:Checklist": "filters",
    "factorium:ExcludeStablecoins": "extra_stablecoins=None",
    "factorium:ExcludeLeveragedTokens": "",
    "factorium:MinListingAge": "days=90",
    "factorium:TagFilter": "include=None, exclude=None",
    "factorium:MinVolume": "window=20, threshold=1000000",
    "factorium:MinLiquidity": "window=20, threshold=100000",
    "factorium:FilterRule": "",
    "factorium:SymbolMetadata": "",
}


def found(path: str):
    module, _, names = path.partition(":")
    thing = importlib.import_module(module)
    for name in names.split("."):
        thing = getattr(thing, name)
    return thing


@pytest.mark.parametrize("path", NAMES)
def test_name(path):
    thing = found(path)
    if not NAMES[path]:
        return
    parameters = inspect.signature(thing).parameters.values()
    plain = [str(p.replace(annotation=inspect.Parameter.empty)) for p in parameters]
    promised = NAMES[path]
    assert ", ".join(plain)[: len(promised)] == promised
    # What is more than that is found by its name alone, or may be left out.
    for extra in [*parameters][promised.count(",") + 1 - promised.count("(12, 6)") :]:
        assert (
            extra.kind in (extra.KEYWORD_ONLY, extra.VAR_KEYWORD, extra.VAR_POSITIONAL)
            or extra.default is not extra.empty
        )


def test_nothing_that_is_public_is_undocumented():
    for path in NAMES:
        thing = found(path)
        if (inspect.isroutine(thing) or inspect.isclass(thing)) and not path.endswith("__"):
            assert len(inspect.getdoc(thing) or "") > 3, path


def test_what_is_promised_of_loaders(store):
    with pytest.raises(ValueError, match="Unsupported exchange"):
        ft.DataLoader(store).load_aggbar("BTCUSDT", exchange="x")
    for kind in ("tick", "volume", "dollar"):
        assert (
            len(ft.DataLoader(store).load_aggbar("BTCUSDT", bar_type=kind, threshold=1e6 if kind == "dollar" else 500))
            > 0
        )


def test_what_is_promised_of_results(grid):
    """What has no tradition becomes any library's frame."""
    made = ft.analyze({"x": "close"}, grid, horizons=1)["summary"], ft.sql("SELECT 1 AS x"), grid["close"] + 1, grid
    for rows in made:
        assert hasattr(rows, "__arrow_c_stream__")
        assert len(rows.to_pandas()) == len(rows.to_polars()) == rows.to_arrow().num_rows > 0
