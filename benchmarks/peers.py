"""Other stackers from the Python package index, each in an environment of its own: nothing of theirs meets ours.

`python -m benchmarks.peers` installs them into .venv-peers/; `python -m benchmarks.stack --peers` does so by itself.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).parent.parent / ".venv-peers"
READY = "installed"
PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11", "python3.10")


@dataclass(frozen=True)
class Peer:
    """`package` as the index has it; the Pythons it runs on, from `oldest` to before `newest`, (major, minor)."""

    package: str
    oldest: tuple[int, int]
    newest: tuple[int, int] = (3, 15)


PEERS = (Peer("shinestacker", (3, 12)), Peer("openfocus", (3, 10), (3, 13)))


def environment(peer: Peer) -> Path:
    return HOME / peer.package


def installed(peer: Peer) -> bool:
    return (environment(peer) / READY).exists()


def install(peer: Peer) -> str:
    """Install the peer unless it is there; why that is impossible, empty when it is not."""
    if installed(peer):
        return ""
    python = _python_for(peer)
    if python is None:
        return f"it needs Python {_dotted(peer.oldest)} or newer, before {_dotted(peer.newest)}: none on PATH"
    HOME.mkdir(exist_ok=True)
    (HOME / ".gitignore").write_text("*\n")
    folder = environment(peer)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    for command in ([python, "-m", "venv", str(folder)], [*pip, "install", peer.package]):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            return f"{' '.join(command[1:4])} failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}"
    (folder / READY).touch()
    return ""


def version(peer: Peer) -> str:
    python = environment(peer) / "bin" / "python"
    listed = subprocess.run([python, "-m", "pip", "list", "--format=json"], check=True, capture_output=True, text=True)
    return next(str(p["version"]) for p in json.loads(listed.stdout) if p["name"].lower() == peer.package)


def _python_for(peer: Peer) -> str | None:
    if peer.oldest <= sys.version_info[:2] < peer.newest:
        return sys.executable
    for name in PYTHONS:
        number = tuple(int(part) for part in name.removeprefix("python").split("."))
        if peer.oldest <= number < peer.newest and shutil.which(name) and _starts(name):
            return name
    return None


def _starts(python: str) -> bool:
    """A name on PATH may be a stand-in that only says where the real one is."""
    return subprocess.run([python, "-c", "import venv"], check=False, capture_output=True).returncode == 0


def _dotted(number: tuple[int, int]) -> str:
    return f"{number[0]}.{number[1]}"


def main() -> None:
    for peer in PEERS:
        why_not = install(peer)
        print(f"{peer.package}: {why_not}" if why_not else f"{peer.package} {version(peer)}: {environment(peer)}")


if __name__ == "__main__":
    main()
