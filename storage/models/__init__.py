"""The tables: one class for each noun, shared by all rooms; and their column types."""

from storage.models.channels import (
    Channel,
    ChannelState,
    PostStyle,
    StoredWatchVector,
    SuggestionMade,
    Watch,
    Workspace,
)
from storage.models.clubs import Club, ClubMeeting, ClubMember, ClubPick, ClubVote
from storage.models.columns import UtcDateTime, words
from storage.models.local_chat import LocalMessage, LocalReaction
from storage.models.outgoing import PushState, Webhook, WebhookEvent, ZoteroItem, ZoteroLibrary
from storage.models.papers import (
    Fate,
    MachineSummary,
    Paper,
    PaperFacts,
    PaperKind,
    PaperName,
    Sighting,
    StoredVector,
    SummaryBudget,
)
from storage.models.people import LibraryPaper, Saved, StoredModel, StoredTaste, Vote
from storage.models.posts import Bulletin, DigestHeader, Post, PostState, Roundup
from storage.models.processes import (
    HostPace,
    Install,
    Installation,
    InstallState,
    ShardHolder,
    Worker,
)
from storage.models.sources import ChannelSource, Source, SourceHealth

__all__ = [
    "Bulletin",
    "Channel",
    "ChannelSource",
    "ChannelState",
    "Club",
    "ClubMeeting",
    "ClubMember",
    "ClubPick",
    "ClubVote",
    "DigestHeader",
    "Fate",
    "HostPace",
    "Install",
    "InstallState",
    "Installation",
    "LibraryPaper",
    "LocalMessage",
    "LocalReaction",
    "MachineSummary",
    "Paper",
    "PaperFacts",
    "PaperKind",
    "PaperName",
    "Post",
    "PostState",
    "PostStyle",
    "PushState",
    "Roundup",
    "Saved",
    "ShardHolder",
    "Sighting",
    "Source",
    "SourceHealth",
    "StoredModel",
    "StoredTaste",
    "StoredVector",
    "StoredWatchVector",
    "SuggestionMade",
    "SummaryBudget",
    "UtcDateTime",
    "Vote",
    "Watch",
    "Webhook",
    "WebhookEvent",
    "Worker",
    "Workspace",
    "ZoteroItem",
    "ZoteroLibrary",
    "words",
]
