"""Network namespaces that stand for machines on one switch, their lines held to a rate.

SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from turns import Missing, last_line

HERE = Path(__file__).resolve().parent
NET = "10.77.0"
SPEED_SECONDS = 3
# mpirun's ssh: takes the last number of an address for the machine's.
AGENT = """#!/bin/bash
host=${{1##*.}}; shift
exec ip netns exec {name}-$host unshare -u bash -c "hostname machine-$host; $*"
"""


def ip(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, text=True)


class Machines:
    """`count` machines; number 0 is the switch. To be closed."""

    def __init__(self, count):
        if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("tc"):
            raise Missing("ranks over lines, which need root, and ip and tc of iproute2")
        self.count, self.name = count, f"llava-{os.getpid()}"
        self.folder = tempfile.TemporaryDirectory()
        self.agent = Path(self.folder.name) / "agent"
        self.agent.write_text(AGENT.format(name=self.name))
        self.agent.chmod(0o755)
        try:
            self.connect()
        except subprocess.CalledProcessError as reason:
            self.close()
            raise Missing("ranks over lines, as there are no network namespaces: "
                          + reason.stderr.strip()) from reason

    def connect(self):
        for number in range(self.count + 1):
            ip("ip", "netns", "add", f"{self.name}-{number}")
        switch = f"{self.name}-0"
        ip("ip", "-n", switch, "link", "add", "switch", "type", "bridge")
        ip("ip", "-n", switch, "link", "set", "switch", "up")
        for number in range(1, self.count + 1):
            machine, port = f"{self.name}-{number}", f"port{number}"
            ip("ip", "link", "add", "line", "netns", machine, "type", "veth",
               "peer", "name", port, "netns", switch)
            ip("ip", "-n", switch, "link", "set", port, "master", "switch", "up")
            ip("ip", "-n", machine, "addr", "add", f"{NET}.{number}/24", "dev", "line")
            for device in ("lo", "line"):
                ip("ip", "-n", machine, "link", "set", device, "up")

    def hold_to(self, rate):
        """Every machine's line to `rate` Gb/s each way; None: as fast as the kernel moves bytes."""
        ends = [(f"{self.name}-0", f"port{number}") for number in range(1, self.count + 1)]
        ends += [(f"{self.name}-{number}", "line") for number in range(1, self.count + 1)]
        for machine, device in ends:
            queue = ["tc", "-n", machine, "qdisc"]
            if rate is None:
                subprocess.run([*queue, "del", "dev", device, "root"], check=False,
                               stderr=subprocess.DEVNULL)
                continue
            try:
                ip(*queue, "replace", "dev", device, "root", "tbf", "rate", f"{rate}gbit",
                   "burst", f"{max(256, 128 * rate)}kb", "latency", "20ms")
            except subprocess.CalledProcessError as reason:
                raise Missing(f"lines of {rate} Gb/s, to which this kernel holds none:"
                              f" {last_line(reason.stderr)}") from reason

    def inside(self, number):
        """What comes before a command that runs on a machine."""
        return ["ip", "netns", "exec", f"{self.name}-{number}", "unshare", "-u", "bash", "-c",
                f'hostname machine-{number}; exec "$@"', "bash"]

    def launcher(self, count):
        """What comes before a command that `count` machines run, a rank each."""
        net, hosts = f"{NET}.0/24", ",".join(f"{NET}.{number + 1}:1" for number in range(count))
        return [*self.inside(1), "mpirun", "--mca", "plm", "rsh", "--mca", "plm_rsh_agent",
                self.agent, "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", net,
                "--mca", "oob_tcp_if_include", net, "--host", hosts]

    def speed(self):
        """Bytes a second between two machines, both sending, of the slower way."""
        pair = [subprocess.Popen([*self.inside(own), sys.executable, HERE / "link_speed.py",
                                  f"{NET}.{own}", f"{NET}.{other}", str(SPEED_SECONDS)],
                                 stdout=subprocess.PIPE, text=True)
                for own, other in ((1, 2), (2, 1))]
        return min(float(each.communicate(timeout=120)[0]) for each in pair)

    def close(self):
        for number in range(self.count + 1):
            subprocess.run(["ip", "netns", "del", f"{self.name}-{number}"], check=False,
                           stderr=subprocess.DEVNULL)
        self.folder.cleanup()
