"""Each fault that a server may have, and what a sync makes of it."""

import gzip
import hashlib
import io
import pathlib
import shutil
import zipfile

from sync_case import Fault, SyncCase, main

DAY = "2024-08-01"
FETCHED = [("BTCUSDT", "fetched", "01", "01", 1)]
FAILED = [("BTCUSDT", "failed", "01", "01", 1)]
MISSING = [("BTCUSDT", "missing", "01", "01", 1)]


class SyncFaults(SyncCase):
    def fault(self, *faults, suffix=""):
        self.server.faults[self.path("BTCUSDT", DAY, suffix)] = list(faults)

    def reason(self):
        return self.answer[0]["reason"]

    def publish(self, data):
        """Puts `data` in the place of the day's file, with its checksum."""
        file = pathlib.Path(str(self.archive) + self.path("BTCUSDT", DAY))
        file.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        pathlib.Path(f"{file}.CHECKSUM").write_text(f"{digest}  {file.name}\n")

    # ---- What is not to be had

    def test_404_is_missing(self):
        self.fault(Fault("status", 404))
        self.assertEqual(self.sync(code=3), MISSING)
        self.assertEqual(len(self.requests()), 1)
        self.assert_nothing_stored()
        self.assertEqual(self.parts(), [])

    def test_403_fails_at_once(self):
        self.fault(Fault("status", 403))
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertEqual(self.reason(), "HTTP 403")
        self.assertEqual(len(self.requests()), 1)
        self.assert_nothing_stored()

    def test_403_of_one_file_leaves_the_others(self):
        self.server.faults[self.path("BTCUSDT", "2024-08-02")] = [Fault("status", 403)]
        self.assertEqual(self.sync(code=3, days=3), [("BTCUSDT", "fetched", "01", "01", 1),
                                                     ("BTCUSDT", "failed", "02", "02", 1),
                                                     ("BTCUSDT", "fetched", "03", "03", 1)])

    # ---- What passes

    def test_500_a_few_times(self):
        self.fault(*[Fault("status", 500)] * 3)
        self.assertEqual(self.sync(), FETCHED)
        self.assertEqual(len(self.requests()), 5)
        self.assert_stored()

    def test_500_for_ever(self):
        self.fault(*[Fault("status", 500)] * 9)
        self.assertEqual(self.sync("--retries", "2", code=3), FAILED)
        self.assertEqual(self.reason(), "HTTP 500, after 3 tries")
        self.assertEqual(len(self.requests()), 3)

    def test_no_retries(self):
        self.fault(Fault("status", 503))
        self.assertEqual(self.sync("--retries", "0", code=3), FAILED)
        self.assertEqual(self.reason(), "HTTP 503, after 1 try")

    def test_429_is_waited_for(self):
        self.fault(Fault("status", 429, Retry_After="1"))
        self.assertEqual(self.sync("--jobs", "1", days=2), [("BTCUSDT", "fetched", "01", "02", 2)])
        self.assert_stored(days=2)
        # Whoever was asked to wait asks for nothing else meanwhile: the order of requests shows it.
        self.assertEqual(self.requests()[:2], [self.path("BTCUSDT", DAY)] * 2)

    def test_checksum_500_a_few_times(self):
        self.fault(*[Fault("status", 500)] * 2, suffix=".CHECKSUM")
        self.assertEqual(self.sync(), FETCHED)
        self.assertEqual(self.requests().count(self.path("BTCUSDT", DAY)), 1)
        self.assert_stored()

    # ---- Connections that break

    def test_cut_body_goes_on_by_range(self):
        for at in (0, 1, 1000, 20000):
            with self.subTest(at=at):
                shutil.rmtree(self.store, ignore_errors=True)
                self.fault(Fault("cut", at))
                self.assertEqual(self.sync(), FETCHED)
                ranges = [h.get("Range") for _, p, h in self.server.log if p == self.path("BTCUSDT", DAY)]
                self.assertEqual(ranges, [None, f"bytes={at}-" if at else None])
                self.assert_stored()

    def test_cut_again_and_again(self):
        """More cuts than tries: who gets further each time gets there."""
        self.fault(*[Fault("cut", 2000)] * 8)
        self.assertEqual(self.sync("--retries", "2"), FETCHED)
        self.assert_stored()

    def test_stall_is_cut(self):
        self.fault(Fault("stall", 500))
        self.assertEqual(self.sync("--stall", "300ms"), FETCHED)
        ranges = [h.get("Range") for _, p, h in self.server.log if p == self.path("BTCUSDT", DAY)]
        self.assertEqual(ranges, [None, "bytes=500-"])
        self.assert_stored()

    def test_stall_for_ever(self):
        self.fault(*[Fault("stall", 0)] * 2)
        self.assertEqual(self.sync("--stall", "300ms", "--retries", "1", code=3), FAILED)
        self.assertEqual(self.reason(), "nothing came for 0.3 s, after 2 tries")
        self.assert_nothing_stored()

    def test_longer_length_than_body(self):
        self.fault(Fault("length", 100))
        self.assertEqual(self.sync(), FETCHED)
        self.assert_stored()

    def test_shorter_length_than_body(self):
        """Nothing tells before the checksum does: then it is fetched once more."""
        self.fault(Fault("length", -100))
        self.assertEqual(self.sync(), FETCHED)
        self.assertEqual(self.requests().count(self.path("BTCUSDT", DAY)), 2)
        self.assert_stored()

    def test_range_is_ignored(self):
        self.fault(Fault("cut", 3000), Fault("ignore_range"))
        self.assertEqual(self.sync(), FETCHED)
        self.assert_stored()

    def test_another_range_is_sent(self):
        self.fault(Fault("cut", 3000), Fault("other_range"))
        self.assertEqual(self.sync(), FETCHED)
        self.assert_stored()

    def test_no_validator_begins_anew(self):
        """What cannot be told to be the same file is not put together."""
        self.server.faults[self.path("BTCUSDT", DAY)] = [Fault("cut", 3000)]
        original = self.server.RequestHandlerClass.send_header

        def without(handler, name, value):
            if name not in ("ETag", "Last-Modified"):
                original(handler, name, value)

        self.server.RequestHandlerClass.send_header = without
        try:
            self.assertEqual(self.sync(), FETCHED)
        finally:
            self.server.RequestHandlerClass.send_header = original
        self.assertFalse([h for _, _, h in self.server.log if "Range" in h])
        self.assert_stored()

    def test_changed_while_it_came(self):
        """The first part is of another file than the rest would be: it is sent whole."""
        self.fault(Fault("cut", 3000), None)
        other = pathlib.Path(str(self.archive) + self.path("BTCUSDT", "2024-08-02")).read_bytes()
        name = f"BTCUSDT-aggTrades-{DAY}"
        with zipfile.ZipFile(io.BytesIO(pathlib.Path(str(self.archive) + self.path("BTCUSDT", DAY)).read_bytes())) as z:
            lines = z.read(z.namelist()[0])
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr(name + ".csv", lines[: lines.rindex(b"\n", 0, -2000) + 1])
        self.server.faults[self.path("BTCUSDT", DAY)] = [Fault("cut", 3000)]
        real_note = self.server.note
        seen = []

        def note(request):
            real_note(request)
            if request.path == self.path("BTCUSDT", DAY):
                seen.append(1)
                if len(seen) == 2:
                    self.publish(packed.getvalue())

        self.server.note = note
        self.assertEqual(self.sync(), FETCHED)
        self.assertTrue(other)
        self.assert_stored()

    def test_server_is_not_there(self):
        answer = self.sync("--retries", "1", code=3, base_url="http://127.0.0.1:9/data", days=2)
        self.assertEqual([a[1] for a in answer], ["failed"])
        self.assertIn("after 2 tries", self.reason())

    def test_server_that_never_answers_is_given_up(self):
        answer = self.sync("--retries", "0", "--jobs", "1", code=3, base_url="http://127.0.0.1:9/data", days=20)
        self.assertEqual([a[4] for a in answer], [8, 12])
        self.assertEqual(self.answer[1]["reason"], "not tried: 8 files before it had no answer")

    # ---- Checksums

    def test_wrong_checksum_first(self):
        wrong = f"{'0' * 64}  BTCUSDT-aggTrades-{DAY}.zip\n".encode()
        self.fault(Fault("body", wrong), suffix=".CHECKSUM")
        self.assertEqual(self.sync(), FETCHED)
        self.assertEqual(self.requests(), [self.path("BTCUSDT", DAY), self.path("BTCUSDT", DAY, ".CHECKSUM")] * 2)
        self.assert_stored()

    def test_wrong_checksum_for_ever(self):
        wrong = f"{'0' * 64}  BTCUSDT-aggTrades-{DAY}.zip\n".encode()
        self.fault(*[Fault("body", wrong)] * 2, suffix=".CHECKSUM")
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertIn("its .CHECKSUM says 0000000000000000...; it was fetched twice", self.reason())
        self.assertEqual(self.requests().count(self.path("BTCUSDT", DAY)), 2)
        self.assert_nothing_stored()
        self.assertEqual(self.parts(), [])

    def test_checksum_of_another_file(self):
        digest = hashlib.sha256(pathlib.Path(str(self.archive) + self.path("BTCUSDT", DAY)).read_bytes()).hexdigest()
        self.fault(*[Fault("body", f"{digest}  ETHUSDT-aggTrades-{DAY}.zip\n".encode())] * 2, suffix=".CHECKSUM")
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertIn("its .CHECKSUM is no line of 64 hex digits and its name", self.reason())
        self.assert_nothing_stored()

    def test_checksum_is_a_page(self):
        self.fault(*[Fault("body", b"<html>" * 100)] * 2, suffix=".CHECKSUM")
        self.assertEqual(self.sync(code=3), FAILED)
        self.assert_nothing_stored()

    def test_checksum_is_huge(self):
        self.fault(Fault("body", b"0" * 100000), suffix=".CHECKSUM")
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertEqual(self.reason(), "it sent more than such a file holds")
        self.assert_nothing_stored()

    def test_no_checksum(self):
        self.fault(Fault("status", 404), suffix=".CHECKSUM")
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertIn("--unchecked", self.reason())
        self.assert_nothing_stored()
        self.fault(Fault("status", 404), suffix=".CHECKSUM")
        self.assertEqual(self.sync("--unchecked"), FETCHED)
        self.assert_stored()

    # ---- What is no archive

    def test_html_instead_of_a_zip(self):
        self.fault(*[Fault("body", b"<!DOCTYPE html><title>Access</title>" * 20)] * 2)
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertEqual(self.reason(), 'it is no ZIP file but begins with "<!DOCTYPE html><title>Access</t"; '
                                        "it was fetched twice")
        self.assert_nothing_stored()

    def test_empty_body(self):
        self.fault(*[Fault("body", b"")] * 2)
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertEqual(self.reason(), "it is empty; it was fetched twice")

    def test_headers_of_2_mb(self):
        self.fault(Fault("headers", 2_000_000))
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertIn("headers", self.reason())
        self.assertEqual(len(self.requests()), 1)
        self.assert_nothing_stored()

    def test_zip_bomb(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
            with z.open(f"BTCUSDT-aggTrades-{DAY}.csv", "w") as member:
                for _ in range(64):
                    member.write(b"1,1.5,1,1,1,1722470400000,true\n" * 33000)
        self.publish(packed.getvalue())
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertIn("it unpacks to more than 200 times its size", self.reason())
        self.assertEqual(self.requests().count(self.path("BTCUSDT", DAY)), 1)
        self.assert_nothing_stored()
        self.assertEqual(self.parts(), [])

    def test_bad_rows(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as z:
            z.writestr(f"BTCUSDT-aggTrades-{DAY}.csv", "1,1.5,1,1,1,1722470400000,true\n2,x,1,2,2,1722470400001,true\n")
        self.publish(packed.getvalue())
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertIn(f"BTCUSDT-aggTrades-{DAY}.zip (member BTCUSDT-aggTrades-{DAY}.csv): row 2", self.reason())
        self.assertNotIn(".part", self.reason())
        self.assertEqual(self.sync("--on-bad-row", "skip"), FETCHED)
        self.assertEqual(self.answer[0]["rows"], 1)

    def test_damaged_zip_with_its_checksum(self):
        data = bytearray(pathlib.Path(str(self.archive) + self.path("BTCUSDT", DAY)).read_bytes())
        data[len(data) // 2] ^= 0x55
        self.publish(bytes(data))
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertIn("it was fetched twice", self.reason())
        self.assert_nothing_stored()

    def test_gzip_where_a_zip_should_be(self):
        self.publish(gzip.compress(b"1,1.5,1,1,1,1722470400000,true\n"))
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertIn("it is no ZIP file", self.reason())

    # ---- Redirects

    def test_redirect(self):
        target = "/data/elsewhere/file.zip"
        place = pathlib.Path(str(self.archive) + target)
        place.parent.mkdir(parents=True)
        shutil.copy(str(self.archive) + self.path("BTCUSDT", DAY), place)
        self.fault(Fault("redirect", target))
        self.assertEqual(self.sync(), FETCHED)
        self.assert_stored()

    def test_redirect_for_ever(self):
        self.fault(*[Fault("redirect", self.path("BTCUSDT", DAY))] * 20)
        self.assertEqual(self.sync(code=3), FAILED)
        self.assertIn("redirects", self.reason())
        self.assertEqual(len(self.requests()), 6)

    def test_redirect_to_this_machine(self):
        self.fault(Fault("redirect", "file:///etc/passwd"))
        self.assertEqual(self.sync(code=3), FAILED)
        self.assert_nothing_stored()


if __name__ == "__main__":
    main()
