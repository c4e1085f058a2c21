"""The table of all commands: parser, help, completion and corrections read it."""

from dataclasses import dataclass
from typing import Any, Generic

from bot.commands.arguments import (
    NOTHING,
    SCHEDULE,
    SWITCH,
    UNTIL,
    Argument,
    CitationFormat,
    ClubFormat,
    FeedChoice,
    Period,
    T,
    Until,
    address,
    choice,
    number,
    optional_text,
    read_weekly,
    text,
)
from bot.rounds.scheduling.quiet_hours import QuietHours, parse_quiet_hours
from bot.rounds.scheduling.schedule import Off, Schedule
from bot.rounds.scheduling.weekly import Weekly
from bot.sources.apis.categories import CATEGORIES as CATEGORIES_OF
from storage.models import PostStyle


@dataclass(frozen=True, slots=True)
class Verb(Generic[T]):
    """One command: its words ("sources add"), what follows them, and how it is explained.

    `shared` verbs change what the whole channel gets, so not everybody may use them. `also` are
    words that people try first; they are never accepted, only answered with this verb. One that
    `tells` says how things stand when it is typed alone, to anybody; its value is None then.
    """

    words: str
    argument: Argument[T]
    help: str
    example: str
    shared: bool = False
    also: tuple[str, ...] = ()
    tells: bool = False

    @property
    def usage(self) -> str:
        """The verb with its argument's form, such as "limit <n>"."""
        return f"{self.words} {self.argument.usage}".rstrip()


SOURCE_NAMES = (
    *(f"biorxiv:{category}" for category in CATEGORIES_OF["biorxiv"]),
    *(f"medrxiv:{category}" for category in CATEGORIES_OF["medrxiv"]),
    "chemrxiv:catalysis",
    "pubmed:crispr AND review[pt]",
    "europepmc:microbiome AND SRC:PPR",
    'journal:"Nature Methods"',
    "acl:2026.acl",
    "cites:https://arxiv.org/abs/1706.03762",
    "author:0000-0002-1825-0097",
)
CATEGORIES = ("cs.LG", "cs.CL", "cs.CV", "cs.AI", "cs.IR", "cs.RO", "stat.ML", "quant-ph")

WATCH: Verb[str] = Verb(
    "watch",
    text("<expression>", live="topics"),
    "Follow a topic in this channel, and see what it would have found.",
    "watch mixture of experts -survey",
    shared=True,
    also=("subscribe", "follow", "add", "track"),
)
UNWATCH: Verb[str] = Verb(
    "unwatch",
    text("<number or text, or all>", live="watches"),
    "Stop following a topic.",
    "unwatch mixture of experts",
    shared=True,
    also=("unsubscribe", "unfollow", "remove", "remove watch", "remove topic", "stop watching"),
)
LIST: Verb[None] = Verb(
    "list",
    NOTHING,
    "This channel's watches, with their numbers.",
    "list",
    also=("watches", "ls", "topics", "subscriptions"),
)
PREVIEW: Verb[str] = Verb(
    "preview",
    optional_text("[expression]", live="watches"),
    "What an expression, or all watches here, would find in the last days.",
    'preview "speculative decoding" OR early exit',
    also=("try", "test"),
)
EXPORT: Verb[None] = Verb(
    "export", NOTHING, "Watches and settings of this channel as a file.", "export", also=("backup",)
)
IMPORT: Verb[str] = Verb(
    "import",
    text("<exported text, or one expression a line>"),
    "Add watches, and settings where the text has them.",
    "import graph neural networks",
    shared=True,
    also=("restore",),
)
SCHEDULE_: Verb[Schedule] = Verb(
    "schedule",
    SCHEDULE,
    "When papers come: once a day, as they appear, or only on request.",
    "schedule daily 09:00 Europe/Paris weekdays",
    shared=True,
    also=("daily", "weekdays", "every", "at", "when", "time", "timezone", "instant"),
    tells=True,
)
NOW: Verb[None] = Verb(
    "now",
    NOTHING,
    "Pick and post papers here at once.",
    "now",
    shared=True,
    also=("run", "fetch", "post now", "run now"),
)
PAUSE: Verb[Until | None] = Verb(
    "pause",
    UNTIL,
    "No posts until a day, for a while, or until resume.",
    "pause for 3 days",
    shared=True,
    also=("stop", "mute", "snooze", "quit", "exit", "silence", "holiday"),
)
RESUME: Verb[None] = Verb(
    "resume", NOTHING, "End a pause.", "resume", shared=True, also=("start", "unpause", "unmute")
)
ROUNDUP: Verb[Weekly | Off] = Verb(
    "roundup",
    Argument(
        "<fri 15:00> [zone] [every 2 weeks] | off",
        lambda typed: read_weekly(typed, "roundup fri 15:00"),
        choices=("fri 15:00", "mon 09:00", "off"),
    ),
    "The week's best of this channel by its votes, once a week, beside the daily posts.",
    "roundup fri 15:00",
    shared=True,
    also=("weekly", "round-up", "recap", "summary", "newsletter", "highlights"),
    tells=True,
)
LIMIT: Verb[int] = Verb(
    "limit",
    number("<1-50>", 1, 50, 3, 5, 10, 20),
    "How many papers a day at most.",
    "limit 5",
    shared=True,
    also=("max", "count", "more", "less", "fewer", "too"),
    tells=True,
)
THRESHOLD: Verb[int] = Verb(
    "threshold",
    number("<60-100>", 60, 100, 70, 75, 80, 85, 90),
    "How well a paper must match a watch; 80 unless changed.",
    "threshold 85",
    shared=True,
    also=("score", "strictness", "quality", "relevance"),
    tells=True,
)
FLOOR: Verb[int] = Verb(
    "floor",
    number("<0-100>", 0, 100, 10, 20, 30, 50, 100),
    "How strongly votes may speak against a paper before it is held back; 100 for never.",
    "floor 20",
    shared=True,
    also=("withhold",),
    tells=True,
)
STYLE: Verb[PostStyle] = Verb(
    "style",
    choice("cards|short|digest", PostStyle),
    "How papers look: full cards, short posts with the abstract in a thread, or one list each "
    "time, with every paper in its thread.",
    "style digest",
    shared=True,
    also=("format", "layout", "compact", "thread", "threads", "cards", "short", "digest"),
    tells=True,
)
TITLES: Verb[bool] = Verb(
    "titles",
    SWITCH,
    "Look for watches in titles alone, or in abstracts too.",
    "titles on",
    shared=True,
    also=("title", "abstracts"),
    tells=True,
)
QUIET: Verb[bool] = Verb(
    "quiet",
    SWITCH,
    "Say nothing on a day without papers, or one line.",
    "quiet on",
    shared=True,
    tells=True,
)
QUIET_HOURS: Verb[QuietHours] = Verb(
    "quiet hours",
    Argument(
        "<19:00-08:00> [weekends] [holidays DE] | off",
        parse_quiet_hours,
        lambda hours: str(hours) or "off",
        choices=("19:00-08:00", "weekends", "off"),
    ),
    "When nothing is posted by itself; what was due then comes when they end.",
    "quiet hours 19:00-08:00 weekends",
    shared=True,
    also=("hours", "weekends", "holidays", "night"),
    tells=True,
)
WHY: Verb[str] = Verb(
    "why",
    address("<link, id or title>", live="posts"),
    "Why a paper was posted here, or was not.",
    "why https://arxiv.org/abs/1706.03762",
    also=("explain",),
)
SEARCH: Verb[str] = Verb(
    "search",
    text("<expression>", live="watches"),
    "Stored papers that match, best first.",
    "search diffusion language models",
    also=("find", "query"),
)
SIMILAR: Verb[str] = Verb(
    "similar",
    address("<link, id or title>", live="posts"),
    "The papers here that are nearest to one in meaning.",
    "similar https://arxiv.org/abs/1706.03762",
    also=("alike", "related", "nearest", "like-this"),
)
TOP: Verb[Period] = Verb(
    "top",
    choice("[day|week|month]", Period, Period.WEEK),
    "The papers with the most upvotes, this channel's votes added.",
    "top week",
    also=("best", "popular", "trending"),
)
SAVED: Verb[None] = Verb(
    "saved", NOTHING, "The papers you marked with 🔖.", "saved", also=("bookmarks", "favourites")
)
SAVED_FIND: Verb[str] = Verb(
    "saved find",
    text("<words or #tags>"),
    "Those of your saved papers that have these words and tags.",
    "saved find #rag retrieval",
)
SAVED_TAG: Verb[str] = Verb(
    "saved tag",
    text("<number or title> <#tags>"),
    "Put tags of your own on a saved paper; -#tag takes one off.",
    "saved tag 2 #rag #todo",
    also=("label",),
)
SAVED_EXPORT: Verb[CitationFormat] = Verb(
    "saved export",
    choice("bibtex|ris|csl", CitationFormat),
    "Your saved papers as a file for a reference manager: BibTeX, RIS or CSL-JSON.",
    "saved export bibtex",
    also=("bibtex", "ris", "csl"),
)
SAVED_ZOTERO: Verb[str] = Verb(
    "saved zotero",
    text("<key> [group <number>] [collection <key>] | off"),
    "Connect a Zotero library of yours, or see how it stands.",
    "saved zotero",
    also=("zotero",),
    tells=True,
)
SAVED_PUSH: Verb[None] = Verb(
    "saved push", NOTHING, "Bring your saved papers into your Zotero library.", "saved push"
)
LIKE: Verb[str] = Verb(
    "like",
    text("<links, or BibTeX, RIS, CSL-JSON, CSV>"),
    "Teach this channel by your group's own papers; nothing is posted.",
    "like https://arxiv.org/abs/1706.03762",
    shared=True,
    also=("teach", "learn", "favourite"),
)
LIBRARY: Verb[None] = Verb(
    "library", NOTHING, "Your group's own papers, by which this channel was taught.", "library"
)
LIBRARY_REMOVE: Verb[str] = Verb(
    "library remove",
    text("<number or title, or all>"),
    "Take a paper out of the library, and what it taught.",
    "library remove Attention Is All You Need",
    shared=True,
)
LIBRARY_ZOTERO: Verb[str] = Verb(
    "library zotero",
    text("<key> group <number> [collection <key>] | off"),
    "Let what this channel likes go into a Zotero group by itself, once a day.",
    "library zotero YOUR-KEY group 123",
    shared=True,
    tells=True,
)
SUBMIT: Verb[str] = Verb(
    "submit",
    address("<arXiv link, or a known paper>"),
    "Post a paper of your choice here.",
    "submit https://arxiv.org/abs/1706.03762",
    also=("post", "share"),
)
DELETE: Verb[str] = Verb(
    "delete",
    address("<link, id or title>", live="posts"),
    "Take down a paper that was posted here; it does not come again.",
    "delete https://arxiv.org/abs/1706.03762",
    shared=True,
)
SOURCES: Verb[None] = Verb(
    "sources", NOTHING, "Where this channel's papers come from.", "sources", also=("feeds",)
)
SOURCES_ADD: Verb[str] = Verb(
    "sources add",
    text("<feed, category or name>", choices=(*CATEGORIES, *SOURCE_NAMES)),
    "Read one more source for this channel: an arXiv category, a journal, a search, a site's feed.",
    "sources add cs.LG",
    shared=True,
    also=("add source", "add feed", "add journal"),
)
SOURCES_REMOVE: Verb[str] = Verb(
    "sources remove",
    text("<number or name>", live="sources"),
    "Stop reading a source for this channel.",
    "sources remove 2",
    shared=True,
    also=("remove source", "remove feed"),
)
SOURCES_STATUS: Verb[None] = Verb(
    "sources status",
    NOTHING,
    "Whether each source answered when it was last read.",
    "sources status",
)
SOURCES_EXPORT: Verb[None] = Verb(
    "sources export",
    NOTHING,
    "The sources of this channel as an OPML file, which import takes in.",
    "sources export",
    also=("opml",),
)
STATS: Verb[None] = Verb(
    "stats",
    NOTHING,
    "What this channel likes and dislikes, its votes, and whether the picks got better.",
    "stats",
    also=("statistics", "votes", "taste", "likes"),
)
SETTINGS: Verb[None] = Verb(
    "settings",
    NOTHING,
    "All settings here, and how to change them.",
    "settings",
    also=("config", "options", "preferences", "status", "setup"),
)
FEED: Verb[FeedChoice] = Verb(
    "feed",
    choice("on|off|new", FeedChoice),
    "This channel's papers for any feed reader, under a secret address that can be renewed.",
    "feed on",
    shared=True,
    also=("rss", "atom", "subscribe-url"),
    tells=True,
)
WEBHOOK: Verb[str] = Verb(
    "webhook",
    text("<https://address> | test | off", choices=("test", "off")),
    "Send each post here also to an address, as signed JSON.",
    "webhook https://example.org/papers",
    shared=True,
    also=("hook", "callback"),
    tells=True,
)
SUGGESTIONS: Verb[str] = Verb(
    "suggestions",
    text("[take <n>|refuse <n>|on|off]", choices=("take 1", "refuse 1", "on", "off")),
    "Better watches, by what was voted here, each with what it would have brought.",
    "suggestions on",
    shared=True,
    also=("suggest", "suggestion", "advice", "improve", "tips"),
    tells=True,
)
ADMIN_HERE: Verb[None] = Verb(
    "admin here",
    NOTHING,
    "Make this the channel that hears of broken sources and lost channels.",
    "admin here",
    shared=True,
)
HELP: Verb[str] = Verb(
    "help",
    optional_text("[command]", live="verbs"),
    "This list, or one command.",
    "help watch",
    also=("hello", "hi", "hey", "thanks", "what", "who", "how", "commands", "usage", "about", "?"),
)

CLUB: Verb[Weekly | Off] = Verb(
    "club",
    Argument(
        "<thu 10:00> [zone] [every 2 weeks] | off",
        lambda typed: read_weekly(typed, "club thu 10:00 every 2 weeks"),
        choices=("thu 10:00", "thu 10:00 every 2 weeks", "off"),
    ),
    "A journal club: papers to vote on, presenters in turn, reminders; alone, how it stands.",
    "club thu 10:00 every 2 weeks",
    shared=True,
    also=("journal", "journalclub", "reading", "meeting"),
    tells=True,
)
CLUB_VOTE: Verb[int] = Verb(
    "club vote",
    number("<number>", 0, 5, 1, 2, 3, 4, 5),
    "Choose a paper of the journal club's shortlist; 0 takes it back.",
    "club vote 2",
)
CLUB_JOIN: Verb[None] = Verb("club join", NOTHING, "Present in the journal club.", "club join")
CLUB_LEAVE: Verb[None] = Verb(
    "club leave", NOTHING, "Present no more in the journal club.", "club leave"
)
CLUB_TAKE: Verb[None] = Verb("club take", NOTHING, "Present next.", "club take")
CLUB_SKIP: Verb[None] = Verb(
    "club skip", NOTHING, "Let the others of this turn present first.", "club skip"
)
CLUB_SWAP: Verb[str] = Verb(
    "club swap", text("<@name>"), "Swap turns with another presenter.", "club swap @bo"
)
CLUB_HISTORY: Verb[None] = Verb(
    "club history", NOTHING, "What the journal club has read.", "club history"
)
CLUB_EXPORT: Verb[ClubFormat] = Verb(
    "club export",
    choice("[markdown|bibtex]", ClubFormat, ClubFormat.MARKDOWN),
    "What the journal club has read, as a file.",
    "club export bibtex",
)
CLUB_CALENDAR: Verb[None] = Verb(
    "club calendar", NOTHING, "The journal club's meetings as an .ics file.", "club calendar"
)
AGENDA: Verb[None] = Verb("agenda", NOTHING, "What stands for the journal club.", "agenda")

FAMILIES: dict[str, tuple[Verb[Any], ...]] = {
    "Topics": (WATCH, UNWATCH, LIST, PREVIEW, EXPORT, IMPORT),
    "When": (SCHEDULE_, NOW, PAUSE, RESUME, ROUNDUP),
    "How much": (LIMIT, THRESHOLD, FLOOR, STYLE, TITLES, QUIET, QUIET_HOURS),
    "Papers": (WHY, SEARCH, SIMILAR, TOP, SUBMIT, DELETE),
    "Saved": (SAVED, SAVED_FIND, SAVED_TAG, SAVED_EXPORT, SAVED_ZOTERO, SAVED_PUSH),
    "Your papers": (LIKE, LIBRARY, LIBRARY_REMOVE, LIBRARY_ZOTERO),
    "Sources": (SOURCES, SOURCES_ADD, SOURCES_REMOVE, SOURCES_STATUS, SOURCES_EXPORT),
    "Journal club": (
        CLUB,
        AGENDA,
        CLUB_VOTE,
        CLUB_JOIN,
        CLUB_TAKE,
        CLUB_SKIP,
        CLUB_SWAP,
        CLUB_LEAVE,
        CLUB_HISTORY,
        CLUB_EXPORT,
        CLUB_CALENDAR,
    ),
    "This channel": (STATS, SETTINGS, SUGGESTIONS, FEED, WEBHOOK, ADMIN_HERE, HELP),
}

VERBS: tuple[Verb[Any], ...] = tuple(verb for family in FAMILIES.values() for verb in family)
