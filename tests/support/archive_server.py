"""An exchange's archive on loopback, with the faults that servers have.

As a program: archive_server.py FOLDER PORT_FILE [--delay SECONDS] [--cert FILE --key FILE]; /data/PATH is FOLDER/data/PATH,
and /?prefix=P[&delimiter=/][&marker=M] lists the bucket, PAGE names a page.

In a test: `with ArchiveServer(folder) as server`, server.faults[path] = [fault, ...], one for each request in turn and
None for none; server.log holds the requests as (method, path, headers).
"""

import argparse
import hashlib
import http.server
import os
import pathlib
import re
import ssl
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

PAGE = 3


class Fault:
    """What happens to one request."""

    def __init__(self, kind, value=None, **headers):
        self.kind, self.value = kind, value
        self.headers = {name.replace("_", "-"): text for name, text in headers.items()}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, code, body=b"", headers=()):
        headers = dict(headers)
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and code != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def list_bucket(self, query):
        folder, page = self.server.folder, self.server.page
        prefix, marker = query.get("prefix", [""])[0], query.get("marker", [""])[0]
        delimiter = query.get("delimiter", [""])[0]
        names = set()
        for path in folder.rglob("*"):
            key = str(path.relative_to(folder))
            if not path.is_file() or not key.startswith(prefix):
                continue
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            names.add(key if cut < 0 else key[: cut + 1])
        names = sorted(n for n in names if n > marker)
        more, names = len(names) > page, names[:page]
        body = '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        body += f"<Name>bucket</Name><Prefix>{escape(prefix)}</Prefix><MaxKeys>{page}</MaxKeys>"
        body += f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        if more and delimiter:
            body += f"<NextMarker>{escape(names[-1])}</NextMarker>"
        for name in names:
            if name.endswith("/"):
                body += f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
            else:
                body += f"<Contents><Key>{escape(name)}</Key><Size>1</Size></Contents>"
        self.answer(200, (body + "</ListBucketResult>").encode(), {"Content-Type": "application/xml"})

    def do_GET(self):
        self.server.note(self)
        fault = self.server.next_fault(urllib.parse.urlsplit(self.path).path)
        time.sleep(self.server.delay)
        try:
            self.serve(fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_HEAD = do_GET

    def serve(self, fault):
        kind = fault.kind if fault else ""
        value = fault.value if fault else None
        if kind == "status":
            return self.answer(value, b"<html>no</html>", fault.headers)
        if kind == "redirect":
            return self.answer(302, b"", {"Location": value})
        if kind == "headers":
            return self.answer(200, b"x", {f"X-{i}": "y" * 1000 for i in range(value // 1000)})
        url = urllib.parse.urlsplit(self.path)
        if url.query:
            return self.list_bucket(urllib.parse.parse_qs(url.query))
        path = (self.server.folder / urllib.parse.unquote(url.path).lstrip("/")).resolve()
        if self.server.folder not in path.parents or not path.is_file():
            return self.answer(404, b"<html>no such key</html>")
        data = value if kind == "body" else path.read_bytes()
        etag = '"%s"' % hashlib.md5(data).hexdigest()
        headers = {"Accept-Ranges": "bytes", "ETag": etag, "Last-Modified": self.date_time_string(path.stat().st_mtime)}
        if kind == "no_validator":
            headers = {}
        if self.headers.get("If-None-Match") == etag:
            return self.answer(304, b"", headers)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        is_same = self.headers.get("If-Range") in (None, etag, headers.get("Last-Modified"))
        code, part = 200, data
        if wanted and is_same and kind != "ignore_range":
            first = int(wanted[1])
            if first >= len(data):
                return self.answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            code, part = 206, data[first:]
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        if kind == "other_range" and wanted:
            code, part = 206, data[1:]
            headers["Content-Range"] = f"bytes 1-{len(data) - 1}/{len(data)}"
        if kind == "length":
            headers["Content-Length"] = str(len(part) + value)
            self.close_connection = True
            if value < 0:
                part = part[: len(part) + value]
        if kind in ("cut", "stall"):
            headers["Content-Length"] = str(len(part))
            self.send_response(code)
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(part[:value])
            self.wfile.flush()
            self.close_connection = True
            if kind == "stall":
                self.server.stopped.wait(20)
            return None
        return self.answer(code, part, headers)


class ArchiveServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder, cert=None, key=None, delay=0.0, page=PAGE):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = pathlib.Path(folder).resolve()
        self.delay, self.page = delay, page
        self.faults, self.log = {}, []
        self.lock, self.stopped = threading.Lock(), threading.Event()
        scheme = "http"
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.server_address[1]}"

    def note(self, request):
        with self.lock:
            self.log.append((request.command, request.path, dict(request.headers)))

    def next_fault(self, path):
        with self.lock:
            faults = self.faults.get(path)
            return faults.pop(0) if faults else None

    def handle_error(self, request, client_address):
        pass  # a client that goes away is what these tests are about

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *args):
        self.stopped.set()
        self.shutdown()
        self.server_close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("port_file")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    options = parser.parse_args()
    server = ArchiveServer(options.folder, options.cert, options.key, options.delay, page=1000)
    pathlib.Path(options.port_file + ".part").write_text(str(server.server_address[1]))
    os.rename(options.port_file + ".part", options.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
