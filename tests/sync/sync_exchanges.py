"""Other exchanges' archives, made here as they publish them, and Binance's tables without trades."""

import csv
import datetime
import gzip
import hashlib
import io
import pathlib
import subprocess
import zipfile

from sync_case import FACTORIUM, SyncCase, environment, main

DAY_MS = 86_400_000
AUGUST = 1_722_470_400_000  # 2024-08-01


class SyncExchanges(SyncCase):
    archive_options = ["--symbols", "1", "--days", "1", "--trades", "10", "--from", "2024-08-01"]

    def put(self, path, data, checksum=False):
        file = self.archive / "data" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        if checksum:
            digest = hashlib.sha256(data).hexdigest()
            pathlib.Path(f"{file}.CHECKSUM").write_text(f"{digest}  {file.name}\n")

    def put_zip(self, path, text, checksum=True):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr(pathlib.Path(path).name.replace(".zip", ".csv"), text)
        self.put(path, packed.getvalue(), checksum)

    def fetch(self, exchange, market, data_type, symbol, first, end, *more, code=0):
        arguments = self.arguments("--exchange", exchange, *more, symbols=symbol)
        for name, value in (("--market", market), ("--type", data_type), ("--from", first), ("--to", end)):
            arguments[arguments.index(name) + 1] = value
        self.server.log.clear()
        run = subprocess.run(arguments, capture_output=True, text=True, env=environment())
        self.assertEqual(run.returncode, code, run.stderr + run.stdout)
        return run.stdout

    def ask(self, *arguments):
        run = subprocess.run([FACTORIUM, *arguments, "--store", str(self.store), "--format", "csv"],
                             capture_output=True, text=True, env=environment())
        self.assertEqual(run.returncode, 0, run.stderr)
        return [[c.removesuffix(".0") for c in row] for row in csv.reader(io.StringIO(run.stdout))][1:]

    # ---- Bybit

    header = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional"

    def bybit_row(self, seconds, side, size, price):
        return f"{seconds},BTCUSDT,{side},{size},{price},PlusTick,3f1c-{seconds},3.832e+07,{size},1.5"

    def test_bybit_perpetual(self):
        """Newest first, three trades at one moment: the last line of them is the first trade."""
        rows = [self.bybit_row("1722470460.5", "Sell", 2, 103), self.bybit_row("1722470400.0547", "Buy", 1, 102),
                self.bybit_row("1722470400.0547", "Sell", 1, 101), self.bybit_row("1722470400.0547", "Buy", 0.5, 100)]
        text = "\n".join([self.header, *rows]) + "\n"
        self.put("trading/BTCUSDT/BTCUSDT2024-08-01.csv.gz", gzip.compress(text.encode()))
        self.fetch("bybit", "perpetual", "trades", "BTCUSDT", "2024-08-01", "2024-08-02")
        self.assertEqual(self.requests(), ["/data/trading/BTCUSDT/BTCUSDT2024-08-01.csv.gz"])
        bars = self.ask("bars", "--market", "bybit_perpetual", "--interval", "1m")
        self.assertEqual([b[:8] for b in bars],
                         [["BTCUSDT", str(AUGUST), str(AUGUST + 60000), "100", "102", "100", "102", "2.5"],
                          ["BTCUSDT", str(AUGUST + 60000), str(AUGUST + 120000), "103", "103", "103", "103", "2"]])
        self.assertEqual([b[9:13] for b in bars], [["2", "1", "1.5", "1"], ["0", "1", "0", "2"]])
        rows = self.ask("sql", "SELECT epoch_us(time), price, quantity, is_buyer_maker FROM trades ORDER BY time, id")
        self.assertEqual(rows[0], ["1722470400054700", "100", "0.5", "false"])
        self.assertEqual(rows[3], ["1722470460500000", "103", "2", "true"])

    def test_bybit_old_layout(self):
        """Whole seconds, oldest first, and the column that newer files add."""
        text = "\n".join([self.header + ",RPI", self.bybit_row("1722470400", "Buy", 1, 100) + ",0",
                          self.bybit_row("1722470400", "Sell", 2, 101) + ",0"]) + "\n"
        self.put("trading/BTCUSD/BTCUSD2024-08-01.csv.gz", gzip.compress(text.encode()))
        self.fetch("bybit", "bybit_perpetual", "trades", "BTCUSD", "2024-08-01", "2024-08-02")
        self.assertEqual([b[3:8] for b in self.ask("bars")], [["100", "101", "100", "101", "3"]])

    def test_bybit_spot(self):
        """Daily files; where there are none, the month's."""
        def rows(first_id, start_ms, n):
            return "id,timestamp,price,volume,side,rpi\n" + "".join(
                f"{first_id + i},{start_ms + i * 1000},{100 + i},1,{'sell' if i % 2 else 'buy'},0\n" for i in range(n))

        self.put("spot/BTCUSDT/BTCUSDT_2024-08-01.csv.gz", gzip.compress(rows(1, AUGUST, 3).encode()))
        self.put("spot/BTCUSDT/BTCUSDT-2024-07.csv.gz", gzip.compress(rows(1, AUGUST - 2 * DAY_MS, 5).encode()))
        self.fetch("bybit", "spot", "trades", "BTCUSDT", "2024-08-01", "2024-08-02")
        self.assertEqual(self.requests(), ["/data/spot/BTCUSDT/BTCUSDT_2024-08-01.csv.gz"])
        out = self.fetch("bybit", "spot", "trades", "BTCUSDT", "2024-07-30", "2024-07-31")
        self.assertEqual(self.requests(), ["/data/spot/BTCUSDT/BTCUSDT_2024-07-30.csv.gz",
                                           "/data/spot/BTCUSDT/BTCUSDT-2024-07.csv.gz"])
        self.assertNotIn("missing", out)
        self.assertEqual(self.ask("sql", "SELECT date, count(*) FROM trades GROUP BY date ORDER BY date"),
                         [["2024-07-30", "5"], ["2024-08-01", "3"]])
        self.fetch("bybit", "spot", "trades", "BTCUSDT", "2024-07-30", "2024-07-31")
        self.assertEqual(self.server.log, [])

    def test_bybit_html_instead_of_gzip(self):
        self.put("trading/BTCUSDT/BTCUSDT2024-08-01.csv.gz", b"<html>moved</html>")
        out = self.fetch("bybit", "perpetual", "trades", "BTCUSDT", "2024-08-01", "2024-08-02", code=3)
        self.assertIn("it is no gzip file but begins with", out)

    def test_bybit_without_header(self):
        self.put("trading/BTCUSDT/BTCUSDT2024-08-01.csv.gz",
                 gzip.compress((self.bybit_row("1722470400", "Buy", 1, 100) + "\n").encode()))
        out = self.fetch("bybit", "perpetual", "trades", "BTCUSDT", "2024-08-01", "2024-08-02", code=3)
        self.assertIn("it has no header", out)

    def test_bybit_has_no_list(self):
        arguments = ("bybit", "perpetual", "trades", "all", "2024-08-01", "2024-08-02")
        self.fetch(*arguments, code=2)

    # ---- OKX

    def okx_file(self, day, new_header, n_per_hour=2):
        """The file of a UTC+8 day: `day` counts from 2024-08-01; ids count hours since then."""
        header = ("instrument_name,trade_id,side,price,size,created_time" if new_header else
                  "trade_id/撮合id,side/交易方向,size/数量,price/价格,created_time/成交时间")
        lines = [header]
        for hour in range(24):
            for i in range(n_per_hour):
                at = day * 24 - 8 + hour
                trade, ms = 1_000_000 + at * n_per_hour + i, AUGUST + at * 3_600_000 + i
                side, price, size = ("buy", "sell")[i % 2], 100 + i, 7
                lines.append(f"BTC-USDT-SWAP,{trade},{side},{price},{size},{ms}" if new_header else
                             f"{trade},{side},{size},{price},{ms}")
        date = (datetime.date(2024, 8, 1) + datetime.timedelta(day)).isoformat()
        path = f"trades/daily/{date.replace('-', '')}/BTC-USDT-SWAP-trades-{date}.zip"
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr(f"BTC-USDT-SWAP-trades-{date}.csv", "\n".join(lines).encode("utf-8" if new_header else "gbk"))
        self.put(path, packed.getvalue())
        return "/data/" + path

    def okx(self, first, end, *more, code=0):
        return self.fetch("okx", "swap", "trades", "BTC-USDT-SWAP", first, end, *more, code=code)

    def days(self):
        return self.ask("sql", "SELECT date, count(*), min(id), max(id), min(epoch_ms(time)), max(epoch_ms(time)) "
                               "FROM trades GROUP BY date ORDER BY date")

    def expected_day(self, day):
        first, last = 1_000_000 + day * 48, 1_000_000 + day * 48 + 47
        date = (datetime.date(2024, 8, 1) + datetime.timedelta(day)).isoformat()
        return [date, "48", str(first), str(last), str(AUGUST + day * DAY_MS),
                str(AUGUST + day * DAY_MS + 23 * 3_600_000 + 1)]

    def test_okx_two_files_make_a_day(self):
        paths = [self.okx_file(0, False), self.okx_file(1, True), self.okx_file(2, True)]
        self.okx("2024-08-01", "2024-08-03")
        self.assertEqual(sorted(self.requests()), paths)
        self.assertEqual(self.days(), [self.expected_day(0), self.expected_day(1)])
        self.assertEqual(len(list(self.store.rglob("*.parquet"))), 2)
        self.assertEqual(self.parts(), [])
        bars = self.ask("bars", "--interval", "1d")
        self.assertEqual([b[3:8] for b in bars], [["100", "101", "100", "101", "336"]] * 2)
        self.okx("2024-08-01", "2024-08-03")
        self.assertEqual(self.server.log, [])
        # One day more needs both its files, one of which was there before.
        self.okx_file(3, True)
        self.okx("2024-08-01", "2024-08-04")
        self.assertEqual(len(self.requests()), 2)
        self.assertEqual(self.days()[2], self.expected_day(2))

    def test_okx_half_a_day_is_no_day(self):
        """The second file is not out yet: nothing of the day is shown."""
        self.okx_file(0, True)
        self.okx_file(1, True)
        out = self.okx("2024-08-01", "2024-08-03", code=3)
        self.assertIn('"outcome":"missing","first_day":"2024-08-02"', out)
        self.assertEqual(self.days(), [self.expected_day(0)])

    def test_okx_refresh(self):
        self.okx_file(0, True)
        self.okx_file(1, True)
        self.okx("2024-08-01", "2024-08-02")
        self.assertIn('"unchanged"', self.okx("2024-08-01", "2024-08-02", "--refresh"))
        self.okx_file(1, True, n_per_hour=4)
        self.assertIn('"fetched"', self.okx("2024-08-01", "2024-08-02", "--refresh"))
        self.assertEqual(self.days()[0][1], str(16 * 2 + 8 * 4))

    def test_okx_keeps_its_archives(self):
        kept = self.folder / "kept"
        paths = [self.okx_file(0, True), self.okx_file(1, True)]
        self.okx("2024-08-01", "2024-08-02", "--keep-archives", str(kept))
        for path in paths:
            self.assertTrue((kept / path[len("/data/"):]).exists())

    def test_okx_by_ingest(self):
        """The same files from a folder: both days' rows come to their own days."""
        self.okx_file(0, True)
        self.okx_file(1, True)
        subprocess.run([FACTORIUM, "ingest", "-q", "--exchange", "okx", "--store", str(self.store),
                        str(self.archive / "data/trades")], check=True, env=environment())
        self.assertEqual(self.days()[1], self.expected_day(0))

    def test_header_alone_is_a_day_without_trades(self):
        """Which is there from then on, also for bars; a file without even a header is none."""
        header = "id,timestamp,price,volume,side,rpi\n"
        for day, text in ((1, header + f"1,{AUGUST},100,1,buy,0\n"), (2, header), (3, header.strip()), (4, "")):
            self.put(f"spot/BTCUSDT/BTCUSDT_2024-08-{day:02}.csv.gz", gzip.compress(text.encode()))
        self.assertNotIn("failed", self.fetch("bybit", "spot", "trades", "BTCUSDT", "2024-08-01", "2024-08-04"))
        self.fetch("bybit", "spot", "trades", "BTCUSDT", "2024-08-01", "2024-08-04")
        self.assertEqual(self.server.log, [])
        self.assertEqual(len(self.ask("bars", "--from", "2024-08-01", "--to", "2024-08-04")), 1)
        self.assertIn("is empty", self.fetch("bybit", "spot", "trades", "BTCUSDT", "2024-08-04", "2024-08-05", code=3))
        subprocess.run([FACTORIUM, "verify", "--store", str(self.store), "--quiet"], check=True, capture_output=True,
                       env=environment())
        # Trades that are published later take the day's place.
        self.put("spot/BTCUSDT/BTCUSDT_2024-08-02.csv.gz", gzip.compress((header + f"2,{AUGUST + DAY_MS},100,1,buy,0\n").encode()))
        self.fetch("bybit", "spot", "trades", "BTCUSDT", "2024-08-01", "2024-08-04", "--refresh")
        self.assertEqual(len(self.ask("bars", "--from", "2024-08-01", "--to", "2024-08-04")), 2)

    def test_bybit_spot_month_that_lacks_a_day(self):
        text = "id,timestamp,price,volume,side,rpi\n" + f"1,{AUGUST - 2 * DAY_MS},100,1,buy,0\n"
        self.put("spot/BTCUSDT/BTCUSDT-2024-07.csv.gz", gzip.compress(text.encode()))
        days = [f"/data/spot/BTCUSDT/BTCUSDT_2024-07-{day}.csv.gz" for day in (30, 31)]
        out = self.fetch("bybit", "spot", "trades", "BTCUSDT", "2024-07-30", "2024-08-01", code=3)
        self.assertEqual(sorted(self.requests()), ["/data/spot/BTCUSDT/BTCUSDT-2024-07.csv.gz", *days])
        self.assertIn('"outcome":"missing","first_day":"2024-07-31","last_day":"2024-07-31"', out)
        self.assertEqual(out.count("missing"), 1)
        self.fetch("bybit", "spot", "trades", "BTCUSDT", "2024-07-30", "2024-08-01", code=3)
        self.assertEqual(self.requests(), days[1:])

    # ---- Binance's tables without trades

    def test_funding_rate(self):
        self.put_zip("futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-08.zip",
                     "calc_time,funding_interval_hours,last_funding_rate\n"
                     f"{AUGUST},8,0.00010000\n{AUGUST + DAY_MS},8,-0.00002500\n")
        self.fetch("binance", "futures_um", "fundingRate", "BTCUSDT", "2024-08-01", "2024-08-03")
        self.assertEqual(self.ask("sql", 'SELECT calc_time, funding_interval_hours, last_funding_rate, symbol '
                                         'FROM "fundingRate" ORDER BY calc_time'),
                         [[str(AUGUST), "8", "0.0001", "BTCUSDT"], [str(AUGUST + DAY_MS), "8", "-0.000025", "BTCUSDT"]])
        self.fetch("binance", "futures_um", "fundingRate", "BTCUSDT", "2024-08-01", "2024-08-03")
        self.assertEqual(self.server.log, [])

    def test_metrics(self):
        self.put_zip("futures/um/daily/metrics/BTCUSDT/BTCUSDT-metrics-2024-08-01.zip",
                     "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
                     "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio\n"
                     "2024-08-01 00:05:00,BTCUSDT,80000.1,5200000000,1.9,1.3,,0.8\n")
        self.fetch("binance", "futures_um", "metrics", "BTCUSDT", "2024-08-01", "2024-08-02")
        self.assertEqual(self.ask("sql", "SELECT create_time, symbol, sum_open_interest, "
                                         "isnan(count_long_short_ratio), sum_taker_long_short_vol_ratio FROM metrics"),
                         [[str(AUGUST * 1000 + 300_000_000), "BTCUSDT", "80000.1", "true", "0.8"]])

    def test_book_ticker(self):
        self.put_zip("futures/um/daily/bookTicker/BTCUSDT/BTCUSDT-bookTicker-2024-08-01.zip",
                     "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
                     f"5,100.1,3,100.2,4,{AUGUST + 1},{AUGUST + 2}\n4,100,3,100.2,4,{AUGUST + 1},{AUGUST + 2}\n"
                     f"5,100.1,3,100.2,4,{AUGUST + 1},{AUGUST + 2}\n")
        self.fetch("binance", "futures_um", "bookTicker", "BTCUSDT", "2024-08-01", "2024-08-02")
        self.assertEqual(self.ask("sql", 'SELECT update_id, best_bid_price, event_time FROM "bookTicker" ORDER BY 1'),
                         [["4", "100", str(AUGUST + 2)], ["5", "100.1", str(AUGUST + 2)]])
        run = subprocess.run([FACTORIUM, "bars", "--type", "bookTicker", "--store", str(self.store)], capture_output=True, text=True,
                             env=environment())
        self.assertEqual(run.returncode, 2)
        self.assertIn("bookTicker is a table without trades", run.stderr)

    def test_klines_that_only_monthly_files_have(self):
        """Each day that such a file claims is there; weeks become bars, months are for SQL."""
        for interval, starts in {"3d": [0, 3], "1w": [4, 11], "1mo": [0]}.items():
            rows = "".join(f"{AUGUST + d * DAY_MS},100,110,90,105,2,{AUGUST + d * DAY_MS + 999},200,60,1,100,0\n" for d in starts)
            self.put_zip(f"spot/monthly/klines/BTCUSDT/{interval}/BTCUSDT-{interval}-2024-08.zip", rows)
            for _ in range(2):
                self.fetch("binance", "spot", "klines", "BTCUSDT", "2024-08-05", "2024-08-12", "--interval", interval)
            self.assertEqual(self.server.log, [])
        bars = self.ask("bars", "--type", "klines_1w")
        self.assertEqual([b[:5] for b in bars], [["BTCUSDT", str(AUGUST + d * DAY_MS), str(AUGUST + (d + 7) * DAY_MS), "100", "110"]
                                                 for d in (4, 11)])
        self.assertEqual(len(self.ask("bars", "--type", "klines_1w", "--from", "2024-08-05", "--to", "2024-08-19")), 2)
        self.assertEqual(len(self.ask("bars", "--type", "klines_3d")), 2)
        run = subprocess.run([FACTORIUM, "bars", "--type", "klines_1mo", "--store", str(self.store)], capture_output=True,
                             text=True, env=environment())
        self.assertEqual(run.returncode, 2)
        self.assertIn("factorium sql reads them", run.stderr)

    def test_mark_price_klines(self):
        for data_type in ("markPriceKlines", "indexPriceKlines"):
            self.put_zip(f"futures/um/daily/{data_type}/BTCUSDT/1h/BTCUSDT-1h-2024-08-01.zip",
                         "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
                         f"taker_buy_quote_volume,ignore\n{AUGUST},100,110,90,105,0,{AUGUST + 3599999},0,60,0,0,0\n")
            self.fetch("binance", "futures_um", data_type, "BTCUSDT", "2024-08-01", "2024-08-02", "--interval", "1h")
            self.assertEqual(self.ask("sql", f'SELECT open_time, open, high, low, close FROM "{data_type}_1h"'),
                             [[str(AUGUST), "100", "110", "90", "105"]])

    def test_verify_is_content(self):
        self.test_funding_rate()
        self.test_metrics()
        self.test_book_ticker()
        self.test_bybit_perpetual()
        run = subprocess.run([FACTORIUM, "verify", "--store", str(self.store)], capture_output=True, text=True,
                             env=environment())
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    main()
