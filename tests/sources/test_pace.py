"""Requests wait for a service's turn, which all processes share."""

import pytest

from bot.sources.http import Fetcher
from bot.sources.pace import BusyError, Pause, SharedPace, Turns, limiters, service_pauses
from tests.sources.replay import Answer, replay


class Shared:
    """Turns that are noted instead of waited for."""

    def __init__(self, held=0.0):
        self.reserved, self.held_off, self.held = [], [], held

    async def reserve(self, service, seconds):
        self.reserved.append((service, seconds))
        return 0.0, self.held

    async def hold_off(self, service, seconds):
        self.held_off.append((service, seconds))

    @property
    def turns(self):
        return Turns(self.reserve, self.hold_off)


def local(shared):
    pauses = [Pause("service", ("127.0.0.1",), 0.001)]
    return Fetcher(allow_hosts=["127.0.0.1"], limiters=limiters(pauses, shared.turns), attempts=1)


async def test_a_request_takes_a_turn_and_passes_on_what_the_service_asks():
    shared = Shared()
    fetcher = local(shared)
    async with replay(lambda _: Answer(status=429, headers={"Retry-After": "90"})) as server:
        with pytest.raises(BusyError) as caught:
            await fetcher.get(server.url)
    await fetcher.aclose()

    assert caught.value.wait == 90
    assert shared.reserved == [("service", 0.001)]
    assert shared.held_off == [("service", 90.0)]


async def test_a_service_that_asked_another_process_to_wait_is_not_asked():
    fetcher = local(Shared(held=600.0))
    async with replay(lambda _: Answer()) as server:
        with pytest.raises(BusyError, match="left alone for 600 s") as caught:
            await fetcher.get(server.url)
    await fetcher.aclose()

    assert server.asked == []
    assert caught.value.wait == 600


async def test_where_the_others_cannot_be_asked_a_process_keeps_the_pace_alone():
    async def away(*_):
        raise OSError("no database")

    async with SharedPace("service", 0.001, Turns(away, away)):
        entered = True

    assert entered


def test_arxivs_hosts_share_one_turn_and_a_key_shortens_pubmeds():
    found = limiters(service_pauses())

    assert found["export.arxiv.org"] is found["rss.arxiv.org"]
    seconds = {each.service: each.seconds for each in service_pauses()}
    keyed = {each.service: each.seconds for each in service_pauses(keyed=True)}
    assert (seconds["arxiv"], seconds["pubmed"], keyed["pubmed"]) == (3.0, 0.34, 0.11)
