"""Ctrl-C and SIGTERM end a command in order, whatever it is doing at that moment."""

import signal
import threading

import pytest

from tracer.signals import stopping

WAIT_S = 20


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_sets_the_event(number: signal.Signals) -> None:
    with stopping() as stop:
        signal.raise_signal(number)
        assert stop.wait(WAIT_S)


def test_a_signal_in_the_middle_of_a_wait_ends_it() -> None:
    """It once hung there: the handler waited for a lock that the thread it had interrupted held.

    `Event.wait` takes the event's lock before it sleeps. A signal at that moment is made certain
    here by holding the lock while it is raised.
    """
    with stopping() as stop:
        with stop._cond:  # type: ignore[attr-defined] # the lock in question has no public name
            signal.raise_signal(signal.SIGINT)
        assert stop.wait(WAIT_S)


def test_a_second_signal_ends_it_at_once() -> None:
    with stopping():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_signals_mean_what_they_did() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stopping() as stop:
        assert isinstance(stop, threading.Event)
    assert signal.getsignal(signal.SIGINT) is before
