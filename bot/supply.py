"""Where papers come from, as the settings say."""

from bot.rounds.polling import Open
from bot.sources.http import Fetcher
from bot.sources.registry import open_source, recognise
from bot.sources.sample import SampleDigest
from bot.sources.source import Source
from config.settings import Settings
from storage import sources

SAMPLE = (sources.Named("sample", "digest", "Sample digest"),)
"""What the demo reads."""


def opener(settings: Settings, fetcher: Fetcher) -> Open:
    """What makes a source from its kind and name, on the services that the settings name."""
    bases = {"huggingface": str(settings.huggingface_url), "arxiv": str(settings.arxiv_url)}

    def open_any(kind: str, spec: str) -> Source:
        if kind == "sample":
            return SampleDigest()
        return open_source(kind, spec, fetcher, bases=bases)

    return open_any


def wanted_sources(settings: Settings) -> list[sources.Named]:
    """The sources that all channels share."""
    wanted: list[sources.Named] = []
    if settings.huggingface:
        wanted.append(sources.Named("huggingface", "daily", "Hugging Face Daily Papers"))
    texts = (*settings.arxiv_categories, *settings.feeds)
    return wanted + [sources.Named(*recognise(text)) for text in texts]


def allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """Hosts that the guarded client may reach even on a private address: those the host chose."""
    bases = (settings.huggingface_url.host or "", settings.arxiv_url.host or "")
    return (*settings.allow_hosts, *bases)
