"""Sends to another machine while that one sends here; prints the bytes a second that came.

SPDX-License-Identifier: Apache-2.0

    python link_speed.py OWN OTHER SECONDS
"""
import socket
import sys
import threading
import time

PORT, CHUNK, PATIENCE = 7077, 1 << 20, 30


def receive(listener, found):
    """Takes what comes until the other side ends, and leaves its rate from the first byte on."""
    with listener.accept()[0] as link:
        buffer, count = bytearray(CHUNK), link.recv_into(bytearray(CHUNK))
        began = time.monotonic()
        while got := link.recv_into(buffer):
            count += got
        found.append(count / (time.monotonic() - began))


def connected(other):
    """A link to the other side, which may begin a little later."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection((other, PORT), PATIENCE)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def main():
    own, other, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    found, chunk = [], bytes(CHUNK)
    with socket.create_server((own, PORT)) as listener:
        taker = threading.Thread(target=receive, args=(listener, found))
        taker.start()
        with connected(other) as link:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                link.sendall(chunk)
        taker.join()
    print(found[0])


if __name__ == "__main__":
    main()
