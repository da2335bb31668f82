"""Does a server answer? `probe.py URL[,URL…]` exits 0 when one of the addresses does.

Only that the right kind of server answers is asked, not that it lets us in: no password is sent.
"""

import socket
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT_SECONDS = 3.0
POSTGRES_SSL_REQUEST = bytes([0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F])


def converse(url: SplitResult, default_port: int, say: bytes) -> bytes:
    """Send `say`, return the first bytes of the reply."""
    host = unquote(url.netloc.rpartition("@")[2])
    if host.startswith("/"):
        folder, _, port = host.partition(":")
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIMEOUT_SECONDS)
        connection.connect(f"{folder}/.s.PGSQL.{port or default_port}")
    else:
        address = (url.hostname or "localhost", url.port or default_port)
        connection = socket.create_connection(address, TIMEOUT_SECONDS)
    with connection:
        connection.sendall(say)
        return connection.recv(64)


def listens(url: SplitResult, default_port: int) -> bool:
    """For TLS: whose certificate is to be trusted is the product's setting, not known here."""
    address = (url.hostname or "localhost", url.port or default_port)
    socket.create_connection(address, TIMEOUT_SECONDS).close()
    return True


def http_answers(url: SplitResult) -> bool:
    connection = HTTPConnection(url.hostname or "localhost", url.port or 80, TIMEOUT_SECONDS)
    connection.request("GET", f"{url.path or '/'}?{url.query}")
    # A server that asks for a password answers too.
    return connection.getresponse().status in (200, 401, 403)


def answers(address: str) -> bool:
    """True when the server at `address` answers as its scheme says it should."""
    url = urlsplit(address)
    try:
        match url.scheme:
            case "postgres" | "postgresql" | "pgsql" | "psql" | "postgis":
                return converse(url, 5432, POSTGRES_SSL_REQUEST)[:1] in (b"S", b"N")
            case "redis":
                return converse(url, 6379, b"PING\r\n").startswith((b"+PONG", b"-NOAUTH"))
            case "rediss":
                return listens(url, 6379)
            case "http":
                return http_answers(url)
            case "https":
                return listens(url, 443)
            case "sqlite":
                return True
            case scheme:
                sys.stderr.write(f"unknown kind of address: {scheme}\n")
                return False
    except (OSError, ValueError, HTTPException) as error:
        sys.stderr.write(f"{url.hostname}: {error}\n")
        return False


if __name__ == "__main__":
    sys.exit(0 if any(answers(address) for address in sys.argv[1].split(",")) else 1)
