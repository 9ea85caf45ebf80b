"""What other verbs do with a sync: bars --sync, verify --repair; how a sync shows that it goes on."""

import json
import subprocess
import unittest

from sync_case import FACTORIUM, Fault, SyncCase, environment, main, simulate


class SyncVerbs(SyncCase):
    def run_verb(self, *arguments, code=0):
        run = subprocess.run([FACTORIUM, *arguments, "--store", str(self.store)], capture_output=True, text=True,
                             env=environment())
        self.assertEqual(run.returncode, code, run.stderr + run.stdout)
        self.stderr = run.stderr
        return run.stdout

    def bars(self, *more, code=0):
        return self.run_verb("bars", "--symbols", "BTCUSDT,ETHUSDT", "--market", "futures_um", "--type", "aggTrades",
                             "--interval", "1h", "--from", "2024-08-01", "--days", "2", "--format", "csv", *more, code=code)

    def test_from_nothing_to_bars(self):
        url = self.server.url + "/data"
        made = self.bars("--sync", "--base-url", url)
        self.assertIn("4 files fetched", self.stderr)
        self.server.log.clear()
        self.assertEqual(self.bars("--sync", "--base-url", url), made)
        self.assertEqual(self.server.log, [])
        self.assertEqual(self.bars(), made)
        self.assertEqual({line.split(",")[0] for line in made.splitlines()[1:]}, {"BTCUSDT", "ETHUSDT"})

    def test_bars_of_a_missing_day(self):
        self.server.faults[self.path("BTCUSDT", "2024-08-02")] = [Fault("status", 404)] * 2
        url = self.server.url + "/data"
        self.bars("--sync", "--base-url", url, code=1)
        self.assertIn("2024-08-02", self.stderr)
        self.bars("--sync", "--base-url", url, "--missing", "skip", code=3)

    def test_bars_need_to_know_what(self):
        self.run_verb("bars", "--sync", code=2)
        self.assertIn("--sync needs --symbols", self.stderr)

    def bars_of(self, symbols, data_type="aggTrades", *more, code=0):
        self.server.log.clear()
        out = self.run_verb("bars", "--sync", "--base-url", self.server.url + "/data", "-s", symbols, "-m", "futures_um", "-t", data_type,
                            "--from", "2024-08-01", "--days", "1", "-f", "csv", *more, code=code)
        return sorted({line.split(",")[0] for line in out.splitlines()[1:]})

    def test_bars_of_whom_the_archive_lists(self):
        both = ["BTCUSDT", "ETHUSDT"]
        names = self.folder / "names"
        names.write_text("ETHUSDT # and no other\n")
        self.assertEqual(self.bars_of("B*"), both[:1])
        self.assertEqual(self.bars_of("all"), both)
        self.assertEqual(self.bars_of(f"@{names}"), both[1:])
        self.assertEqual(self.bars_of("BTCUSDT,E*"), both)

    def test_bars_of_klines(self):
        """By their interval; of what gives no bars nothing is fetched."""
        simulate(self.archive / "data", "--symbols", "1", "--days", "1", "--from", "2024-08-01", "--type", "klines",
                 "--interval", "1h", "--market", "futures_um")
        self.assertEqual(self.bars_of("BTCUSDT", "klines", "-i", "1h"), ["BTCUSDT"])
        self.assertEqual(self.bars_of("BTCUSDT", "klines_1h"), ["BTCUSDT"])
        self.assertEqual(self.server.log, [])
        out = self.run_verb("bars", "-t", "klines", "-i", "1h", "-f", "csv")
        self.assertEqual(len(out.splitlines()), 25)
        self.bars_of("BTCUSDT", "klines", code=2)
        self.assertIn("--sync needs the interval of the klines", self.stderr)
        for data_type, more in (("fundingRate", ()), ("klines_1mo", ()), ("klines", ("-i", "1mo"))):
            self.bars_of("BTCUSDT", data_type, *more, code=2)
            self.assertIn("give no bars: factorium sql reads them", self.stderr)
            self.assertEqual(self.server.log, [])

    # ---- What is said

    def test_range_is_said(self):
        self.sync(days=2)
        self.assertEqual(self.stderr.splitlines()[0], "2 days: 2024-08-01, 2024-08-02")

    def test_report_that_cannot_be_written(self):
        """Is noticed before anything is fetched."""
        for path, words in (("/nowhere/report.json", "No such file or directory"), (str(self.archive / "no/r.json"), "No such file"),
                            (str(self.archive), "it is a folder")):
            self.sync("-o", path, code=2)
            self.assertIn(words, self.stderr)
            self.assertEqual(self.server.log, [])
        link = self.folder / "link.json"
        link.symlink_to(self.folder / "report.json")
        self.sync("-o", str(link))
        self.assertEqual(json.loads((self.folder / "report.json").read_text())[0]["outcome"], "fetched")

    def test_market_and_type_are_asked_for(self):
        for option, words in (("--market", "say which market: known are spot, futures_um"), ("--type", "say which data type: known are aggTrades")):
            arguments = self.arguments()
            i = arguments.index(option)
            run = subprocess.run(arguments[:i] + arguments[i + 2:], capture_output=True, text=True, env=environment())
            self.assertEqual(run.returncode, 2)
            self.assertIn(words, run.stderr)

    def test_password_is_not_said(self):
        """Not in the report, nor in what goes wrong; the server gets it."""
        url = self.server.url.replace("://", "://user:sesame@") + "/data"
        self.server.faults[self.path("BTCUSDT", "2024-08-01")] = [Fault("status", 404)]
        self.sync(base_url=url, code=3)
        self.assertIn("://user:***@127.0.0.1", self.answer[0]["url"])
        self.assertIn("Authorization", self.server.log[0][2])
        self.server.faults["/"] = [Fault("status", 403)]
        self.sync(base_url=url, symbols="all", code=1)
        self.assertIn("://user:***@127.0.0.1", self.stderr)
        self.assertNotIn("sesame", self.stderr)

    def damage(self, file):
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0x55
        file.write_bytes(data)

    def test_repair(self):
        self.sync(days=3)
        values = self.values()
        files = sorted(self.store.rglob("data.parquet"))
        self.damage(files[0])
        files[2].unlink()
        self.run_verb("verify", code=4)
        self.server.log.clear()
        self.run_verb("verify", "--repair", "--base-url", self.server.url + "/data")
        self.assertIn("problems: 0", self.stderr)
        self.assertEqual(sorted(p for p in self.requests() if p.endswith(".zip")),
                         [self.path("BTCUSDT", "2024-08-01"), self.path("BTCUSDT", "2024-08-03")])
        self.assertEqual(self.values(), values)

    def test_repair_that_cannot_be(self):
        self.sync(days=2)
        self.damage(sorted(self.store.rglob("data.parquet"))[0])
        self.server.faults[self.path("BTCUSDT", "2024-08-01")] = [Fault("status", 404)]
        out = self.run_verb("verify", "--repair", "--base-url", self.server.url + "/data", "--format", "json", code=4)
        self.assertIn("not to be had: 1", self.stderr)
        self.assertEqual(json.loads(out)[0]["day"], "2024-08-01")

    def test_progress_for_programs(self):
        self.server.delay = 0.05
        self.sync("--progress", "json", days=3)
        lines = [json.loads(line) for line in self.stderr.splitlines() if line.startswith("{")]
        self.assertEqual(lines[-1]["stage"], "sync")
        self.assertEqual((lines[-1]["done"], lines[-1]["total"]), (3, 3))

    def test_progress_in_a_log(self):
        """Where no terminal is, a plain line each ten seconds: of four requests of 2.7 s three are done by then."""
        self.server.delay = 2.7
        self.sync("--jobs", "1", days=2)
        lines = [line for line in self.stderr.splitlines() if line.startswith("sync ")]
        self.assertTrue(lines, self.stderr)
        self.assertRegex(lines[0], r"^sync 1 of 2 files  [\d.]+ kB  [\d.]+ k?B/s  0:1\d left$")
        self.assertNotIn("\r", self.stderr)
        self.assertNotIn("\033", self.stderr)

    def test_quiet(self):
        self.sync("--quiet", days=3)
        self.assertEqual(self.stderr, "")

    def test_answer_as_a_table(self):
        self.sync(days=3)
        run = self.run_verb("sync", "--symbols", "BTCUSDT", "--market", "futures_um", "--type", "aggTrades", "--from",
                            "2024-08-01", "--days", "3", "--format", "table")
        self.assertIn("there", run)
        self.assertIn("0 files fetched", self.stderr)
        self.assertIn("3  files already in the store", self.stderr)


if __name__ == "__main__":
    main()
