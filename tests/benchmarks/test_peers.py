"""Other stackers in environments of their own."""

import sys

from benchmarks.peers import PEERS, Peer, environment, install, installed


def test_a_peer_that_no_python_here_can_run_is_told_with_the_reason() -> None:
    peer = Peer("no-such-peer", (9, 0), (9, 1))
    assert "needs Python 9.0 or newer" in install(peer)
    assert not installed(peer)


def test_each_has_an_environment_of_its_own_outside_ours() -> None:
    folders = {environment(peer) for peer in PEERS}
    assert len(folders) == len(PEERS)
    assert all(not folder.is_relative_to(sys.prefix) for folder in folders)
