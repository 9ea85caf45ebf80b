"""AWS Signature Version 4 as a server checks it, written after its description alone: no client's code is used.

    refusal = why_refused(method, target, headers, body, {key: secret}, region)

None where the request is signed by one of the keys.
"""

import datetime
import hashlib
import hmac
import re
import urllib.parse

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<signed>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
MINUTES = 15


def encoded(text, keep=""):
    return urllib.parse.quote(text, safe="-._~" + keep)


def canonical_query(query):
    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    pairs = [(encoded(urllib.parse.unquote(name)), encoded(urllib.parse.unquote(value))) for name, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def signing_key(secret, *parts):
    key = ("AWS4" + secret).encode()
    for part in (*parts, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def why_refused(method, target, headers, body, secrets, region):
    found = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if not found:
        return "AccessDenied"
    if found["key"] not in secrets:
        return "InvalidAccessKeyId"
    if found["region"] != region or found["service"] != "s3":
        return "AuthorizationHeaderMalformed"
    signed = found["signed"].split(";")
    amazon = [name.lower() for name in headers if name.lower().startswith("x-amz-")]
    if signed != sorted(signed) or "host" not in signed or not set(amazon) <= set(signed):
        return "AccessDenied"
    claimed = headers.get("x-amz-content-sha256", "")
    if claimed != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    moment = headers.get("x-amz-date", "")
    try:
        when = datetime.datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return "AccessDenied"
    late = abs(datetime.datetime.now(datetime.timezone.utc) - when)
    if late > datetime.timedelta(minutes=MINUTES) or not moment.startswith(found["day"]):
        return "RequestTimeTooSkewed"
    path, _, query = target.partition("?")
    canonical = "\n".join(
        [
            method,
            encoded(urllib.parse.unquote(path), "/"),
            canonical_query(query),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed),
            "",
            ";".join(signed),
            claimed,
        ]
    )
    scope = f"{found['day']}/{region}/s3/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = signing_key(secrets[found["key"]], found["day"], region, "s3")
    right = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(right, found["signature"]) else "SignatureDoesNotMatch"
