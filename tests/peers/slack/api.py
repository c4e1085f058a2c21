"""Slack's Web API, as much of it as the bot uses; everything else is an unknown method."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.peers.slack.strict import MESSAGE_LENGTH, check_blocks, check_view, length
from tests.peers.slack.workspace import APP, BOT_ID, BOT_USER, Channel, Workspace

Params = Mapping[str, Any]
Answer = dict[str, Any]

_PAGE = 100
TOMBSTONE = "tombstone"
"""What Slack leaves in the place of a deleted message that has replies.

Its own bot is the author, and nobody can delete it (hackclub/toriel pull request 238 shows one).
"""


class RefusalError(Exception):
    """`ok: false`, with Slack's word for why; `detail` is what it adds in response_metadata."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(word)
        self.detail = detail


class Api:
    """The methods on one workspace, by name; `views` keeps what people see."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.views: dict[str, dict[str, Any]] = {}
        self.opened: list[dict[str, Any]] = []
        self.homes: dict[str, dict[str, Any]] = {}
        self.triggers: set[str] = set()
        self.files: dict[str, dict[str, Any]] = {}
        self.url = ""
        self.methods: dict[str, Callable[[Params], Answer]] = {
            "auth.test": self.auth_test,
            "chat.postMessage": self.post_message,
            "chat.postEphemeral": self.post_ephemeral,
            "chat.update": self.update,
            "chat.delete": self.delete,
            "conversations.history": self.history,
            "conversations.replies": self.replies,
            "conversations.info": self.info,
            "files.getUploadURLExternal": self.upload_url,
            "files.completeUploadExternal": self.complete_upload,
            "users.conversations": self.conversations_of,
            "users.info": self.user,
            "reactions.add": self.react,
            "reactions.get": self.reactions,
            "views.open": self.open_view,
            "views.push": self.open_view,
            "views.update": self.update_view,
            "views.publish": self.publish,
        }

    def auth_test(self, _: Params) -> Answer:
        return {
            "team_id": self.workspace.team,
            "team": "Lab",
            "user_id": BOT_USER,
            "user": "paperround",
            "bot_id": BOT_ID,
            "url": "https://lab.slack.com/",
            "enterprise_id": self.workspace.enterprise,
        }

    def post_message(self, params: Params) -> Answer:
        if str(params["channel"]).startswith("U"):
            self.workspace.ephemeral.append({**params, "direct": True})
            return {
                "channel": f"D{params['channel']}",
                "ts": self.workspace.next_ts(self.workspace.time()),
            }
        channel = self._postable(params["channel"])
        self._check(params)
        ts = self.workspace.next_ts(self.workspace.time())
        kept = {"type": "message", "user": BOT_USER, "bot_id": BOT_ID, "app_id": APP, "ts": ts}
        names = ("text", "blocks", "metadata", "thread_ts", "unfurl_links", "unfurl_media")
        kept |= {name: params[name] for name in names if params.get(name) is not None}
        channel.messages[ts] = kept
        return {"channel": channel.id, "ts": ts, "message": kept}

    def post_ephemeral(self, params: Params) -> Answer:
        self._postable(params["channel"])
        self._check(params)
        self.workspace.ephemeral.append(dict(params))
        return {"message_ts": self.workspace.next_ts(self.workspace.time())}

    def update(self, params: Params) -> Answer:
        channel = self._postable(params["channel"])
        message = channel.messages.get(params["ts"])
        if message is None:
            raise RefusalError("message_not_found")
        self._check(params)
        message |= {"text": params["text"], "blocks": params["blocks"], "edited": True}
        return {"channel": channel.id, "ts": params["ts"]}

    def delete(self, params: Params) -> Answer:
        """Remove a message; where it has replies a tombstone stands for it until they are gone."""
        channel = self._known(params["channel"])
        message = channel.messages.get(params["ts"])
        if message is None or message.get("subtype") == TOMBSTONE:
            raise RefusalError("message_not_found")
        if _replies(channel, params["ts"]):
            channel.messages[params["ts"]] = {
                "type": "message",
                "subtype": TOMBSTONE,
                "hidden": True,
                "user": "USLACKBOT",
                "text": "This message was deleted.",
                "ts": params["ts"],
            }
        else:
            del channel.messages[params["ts"]]
        parent = channel.messages.get(message.get("thread_ts", ""), {})
        if parent.get("subtype") == TOMBSTONE and not _replies(channel, parent["ts"]):
            del channel.messages[parent["ts"]]
        return {"ts": params["ts"]}

    def history(self, params: Params) -> Answer:
        """Newest first, in pages; metadata only where it is asked for."""
        channel = self._known(params["channel"])
        if BOT_USER not in channel.members:
            raise RefusalError("not_in_channel")
        oldest, most = float(params.get("oldest", 0)), min(_PAGE, int(params.get("limit", _PAGE)))
        found = [
            message
            for message in channel.messages.values()
            if float(message["ts"]) > oldest
            and "thread_ts" not in message
            and self.workspace.time() - float(message["ts"]) >= self.workspace.shows_after
        ][::-1]
        return self._paged(found, params, most)

    def replies(self, params: Params) -> Answer:
        """A message and what stands in its thread, oldest first, in pages."""
        channel = self._known(params["channel"])
        if BOT_USER not in channel.members:
            raise RefusalError("not_in_channel")
        if params["ts"] not in channel.messages:
            raise RefusalError("thread_not_found")
        found = [
            message
            for message in channel.messages.values()
            if params["ts"] in (message["ts"], message.get("thread_ts"))
        ]
        return self._paged(found, params, min(_PAGE, int(params.get("limit", _PAGE))))

    def _paged(self, found: list[dict[str, Any]], params: Params, most: int) -> Answer:
        start = int(params.get("cursor") or 0)
        page = [dict(message) for message in found[start : start + most]]
        if str(params.get("include_all_metadata")).lower() not in ("1", "true"):
            for message in page:
                message.pop("metadata", None)
        following = str(start + most) if start + most < len(found) else ""
        return {"messages": page, "response_metadata": {"next_cursor": following}}

    def info(self, params: Params) -> Answer:
        channel = self._known(params["channel"])
        return {"channel": self._shown(channel)}

    def upload_url(self, params: Params) -> Answer:
        """Where to send a file's bytes to; `url` was set by the server."""
        number = f"F{len(self.files)}"
        self.files[number] = {"alt_txt": params.get("alt_txt"), "length": int(params["length"])}
        return {"file_id": number, "upload_url": f"{self.url}/upload/{number}"}

    def complete_upload(self, params: Params) -> Answer:
        """Share what was uploaded whole in a channel, which the bot must be in."""
        channel = self._postable(params["channel_id"])
        files = [{**self.files[each["id"]], **each} for each in json.loads(params["files"])]
        if any(len(each.get("content", b"")) != each["length"] for each in files):
            raise RefusalError("file_not_found")
        ts = self.workspace.next_ts(self.workspace.time())
        channel.messages[ts] = {
            "ts": ts,
            "user": BOT_USER,
            "text": params.get("initial_comment", ""),
            "files": files,
        }
        return {"files": [{"id": each["id"], "title": each["title"]} for each in files]}

    def conversations_of(self, params: Params) -> Answer:
        if self.workspace.enterprise is not None and not params.get("team_id"):
            raise RefusalError("missing_argument")
        person = params.get("user", BOT_USER)
        found = [
            self._shown(channel)
            for channel in self.workspace.channels.values()
            if person in channel.members
            and self.workspace.visible(channel.id)
            and not channel.archived
        ]
        return {"channels": found, "response_metadata": {"next_cursor": ""}}

    def user(self, params: Params) -> Answer:
        found = self.workspace.users.get(params["user"])
        if found is None:
            raise RefusalError("user_not_found")
        flags = {"is_admin": found.is_admin, "is_bot": found.is_bot}
        return {"user": {"id": found.id, "name": found.name, **flags}}

    def react(self, params: Params) -> Answer:
        marks = self.workspace.reactions.setdefault((params["channel"], params["timestamp"]), {})
        if BOT_USER in marks.get(params["name"], set()):
            raise RefusalError("already_reacted")
        marks.setdefault(params["name"], set()).add(BOT_USER)
        return {}

    def reactions(self, params: Params) -> Answer:
        if params["timestamp"] not in self._known(params["channel"]).messages:
            raise RefusalError("message_not_found")
        message = self._known(params["channel"]).messages[params["timestamp"]]
        if message.get("subtype") == TOMBSTONE:
            return {"type": "message", "message": dict(message)}
        marks = self.workspace.reactions.get((params["channel"], params["timestamp"]), {})
        shown = [{"name": n, "users": sorted(u), "count": len(u)} for n, u in marks.items() if u]
        return {"type": "message", "message": {"ts": params["timestamp"], "reactions": shown}}

    def open_view(self, params: Params) -> Answer:
        """A trigger opens one view, once."""
        if params.get("trigger_id") not in self.triggers:
            raise RefusalError("expired_trigger_id")
        self.triggers.discard(params["trigger_id"])
        view = {**self._view(params), "id": f"V{len(self.views)}"}
        view["root_view_id"] = view["id"]
        self.views[view["id"]] = view
        self.opened.append(view)
        return {"view": view}

    def update_view(self, params: Params) -> Answer:
        known = self.views.get(params.get("view_id", ""))
        if known is None:
            raise RefusalError("not_found")
        known |= self._view(params)
        return {"view": known}

    def publish(self, params: Params) -> Answer:
        self.homes[params["user_id"]] = self._view(params)
        return {"view": self.homes[params["user_id"]]}

    def _view(self, params: Params) -> dict[str, Any]:
        if wrong := check_view(params["view"]):
            raise RefusalError("invalid_arguments", wrong)
        return dict(params["view"])

    def _check(self, params: Params) -> None:
        if not params.get("text"):
            raise RefusalError("no_text")
        if wrong := check_blocks(params.get("blocks", [])):
            raise RefusalError("invalid_blocks", wrong)
        if length(params.get("blocks", [])) > MESSAGE_LENGTH:
            raise RefusalError("msg_blocks_too_long")

    def _known(self, identity: str) -> Channel:
        channel = self.workspace.visible(identity)
        if channel is None:
            raise RefusalError("channel_not_found")
        return channel

    def _postable(self, identity: str) -> Channel:
        channel = self._known(identity)
        if channel.archived:
            raise RefusalError("is_archived")
        if BOT_USER not in channel.members:
            raise RefusalError("not_in_channel")
        return channel

    def _shown(self, channel: Channel) -> Answer:
        return {
            "id": channel.id,
            "name": channel.name,
            "is_private": channel.private,
            "is_archived": channel.archived,
            "is_member": BOT_USER in channel.members,
        }


def _replies(channel: Channel, ts: str) -> list[dict[str, Any]]:
    """What stands in the thread of a message."""
    return [each for each in channel.messages.values() if each.get("thread_ts") == ts]
