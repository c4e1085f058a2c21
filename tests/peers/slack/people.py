"""What people do in Slack, as the payloads that Slack sends for it, in either mode."""

import itertools
import json
import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

from tests.peers.slack.server import FakeSlack
from tests.peers.slack.sockets import Sockets
from tests.peers.slack.workspace import ADA, APP, BOT_USER, SECRET, Workspace

Payload = dict[str, Any]


class Transport(Protocol):
    """How Slack reaches the app: `send` gives what the app acknowledged with."""

    async def send(self, kind: str, payload: Payload, *, retry: int = 0) -> Any: ...


class OverSocket:
    """Socket Mode."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets

    async def send(self, kind: str, payload: Payload, *, retry: int = 0) -> Any:
        return await self._sockets.send(kind, payload, retry=retry)


class OverWeb:
    """Signed HTTP requests, in the three forms that Slack uses."""

    def __init__(self, url: str, secret: str = SECRET) -> None:
        self._url = f"{url}/slack/events"
        self._verifier = SignatureVerifier(secret)

    async def send(self, kind: str, payload: Payload, *, retry: int = 0) -> Any:
        status, text = await self.post(kind, payload, retry=retry)
        assert status == 200, (status, text)
        return json.loads(text) if text.startswith("{") else text or None

    async def post(
        self, kind: str, payload: Payload, *, retry: int = 0, age: float = 0.0, forged: bool = False
    ) -> tuple[int, str]:
        """Send once; `age` makes the signature old, `forged` makes it wrong."""
        if kind == "events_api":
            body, form = json.dumps(payload), "application/json"
        elif kind == "slash_commands":
            body, form = urlencode(payload), "application/x-www-form-urlencoded"
        else:
            body = urlencode({"payload": json.dumps(payload)})
            form = "application/x-www-form-urlencoded"
        stamp = str(int(time.time() - age))
        signature = self._verifier.generate_signature(timestamp=stamp, body=body)
        headers = {
            "Content-Type": form,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": "v0=0" if forged else str(signature),
        }
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self._url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()


class People:
    """The people of a workspace; each does one thing and waits for what Slack would show."""

    def __init__(self, slack: FakeSlack, transport: Transport, workspace: Workspace) -> None:
        self._slack = slack
        self._transport = transport
        self._workspace = workspace
        self._numbers = itertools.count(1)

    async def type(self, text: str, *, user: str = ADA, channel: str = "C0LAB") -> str:
        """Type `/papers <text>`; returns the answer that the person alone sees."""
        before = len(self._slack.responses)
        await self._transport.send("slash_commands", self.command(text, user, channel))
        await self._slack.wait_for(lambda: len(self._slack.responses) > before)
        answer = self._slack.responses[before]
        assert answer["response_type"] == "ephemeral"
        return "\n".join(b["text"]["text"] for b in answer["blocks"] if b["type"] == "section")

    async def open_form(self, *, user: str = ADA, channel: str = "C0LAB") -> Payload:
        """Type `/papers` alone; returns the form that opens."""
        before = len(self._slack.api.opened)
        await self._transport.send("slash_commands", self.command("", user, channel))
        await self._slack.wait_for(lambda: len(self._slack.api.opened) > before)
        return self._slack.api.opened[-1]

    async def press(
        self, view: Payload, action: Payload, *, user: str = ADA, team: str | None = None
    ) -> None:
        """Press something in a form."""
        body = self._interaction("block_actions", view, user, team)
        await self._transport.send("interactive", {**body, "actions": [action]})

    async def press_answer(
        self, button: Payload, *, user: str = ADA, channel: str = "C0LAB", private: bool = True
    ) -> None:
        """Press a button of an answer that this person alone sees, or of what all see."""
        body = self._interaction("block_actions", {}, user, None)
        del body["view"]
        place = {"id": channel, "name": self._workspace.channels[channel].name}
        action = {"action_id": button["action_id"], "value": button.get("value")}
        body |= {"channel": place, "container": {"is_ephemeral": private}, "actions": [action]}
        typed = self.command("", user, channel)
        body |= {"response_url": typed["response_url"], "trigger_id": typed["trigger_id"]}
        await self._transport.send("interactive", body)

    async def submit(
        self, view: Payload, values: Mapping[str, Any], *, user: str = ADA, team: str | None = None
    ) -> Any:
        """Save a form with these values by block; returns mistakes, or None."""
        body = self._interaction("view_submission", view, user, team)
        fields = {block: {"value": value} for block, value in values.items()}
        body["view"] = {**view, "state": {"values": fields}}
        return await self._transport.send("interactive", body)

    async def react(
        self, ts: str, name: str = "+1", *, user: str = ADA, added: bool = True, **more: Any
    ) -> Payload:
        """Put a reaction on a message or take it off; returns the event, to be sent again."""
        marks = self._workspace.reactions.setdefault(("C0LAB", ts), {}).setdefault(name, set())
        marks.add(user) if added else marks.discard(user)
        event = {
            "type": "reaction_added" if added else "reaction_removed",
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": "C0LAB", "ts": ts},
            "item_user": BOT_USER,
            "event_ts": self._workspace.next_ts(time.time()),
            **more,
        }
        return await self.happen(event)

    async def invite(self, channel: str = "C0LAB") -> None:
        """Invite the bot."""
        self._workspace.channels[channel].members.add(BOT_USER)
        await self.happen(
            {"type": "member_joined_channel", "user": BOT_USER, "channel": channel, "inviter": ADA}
        )

    async def remove(self, channel: str = "C0LAB") -> None:
        """Remove the bot."""
        self._workspace.channels[channel].members.discard(BOT_USER)
        await self.happen({"type": "channel_left", "channel": channel, "actor_id": ADA})

    async def look_at_home(self, user: str = ADA) -> Payload:
        """Open the bot's Home tab; returns what is shown."""
        self._slack.api.homes.pop(user, None)
        await self.happen({"type": "app_home_opened", "user": user, "tab": "home"})
        await self._slack.wait_for(lambda: user in self._slack.api.homes)
        return self._slack.api.homes[user]

    async def happen(self, event: Payload) -> Payload:
        """Deliver an event of Slack's own; its tokens end with an installation."""
        if event["type"] == "app_uninstalled" or (event.get("tokens") or {}).get("bot"):
            self._slack.revoked.add(self._workspace.token)
        body = {
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers)}",
            "event_time": int(time.time()),
            "team_id": self._workspace.team,
            "api_app_id": APP,
            "event": {"event_ts": self._workspace.next_ts(time.time()), **event},
            "authorizations": [self._authorization()],
        }
        await self.deliver(body)
        return body

    async def deliver(self, body: Payload, *, retry: int = 0) -> None:
        """Deliver an event as it stands, again perhaps."""
        await self._transport.send("events_api", body, retry=retry)

    def command(self, text: str, user: str = ADA, channel: str = "C0LAB") -> Payload:
        number = next(self._numbers)
        trigger = f"{number}.{number}.trigger"
        self._slack.api.triggers.add(trigger)
        return {
            "command": "/papers",
            "text": text,
            "user_id": user,
            "user_name": self._workspace.users[user].name,
            "channel_id": channel,
            "channel_name": self._workspace.channels[channel].name,
            "team_id": self._workspace.team,
            "api_app_id": APP,
            **self._organisation(),
            "trigger_id": trigger,
            "response_url": f"{self._slack.url}/response/{number}",
        }

    def _interaction(self, kind: str, view: Payload, user: str, team: str | None) -> Payload:
        trigger = f"{next(self._numbers)}.trigger"
        self._slack.api.triggers.add(trigger)
        home = team or self._workspace.team
        return {
            "type": kind,
            "team": {"id": self._workspace.team},
            "user": {"id": user, "username": self._workspace.users[user].name, "team_id": home},
            "is_enterprise_install": self._workspace.enterprise is not None,
            "enterprise": {"id": self._workspace.enterprise}
            if self._workspace.enterprise
            else None,
            "api_app_id": APP,
            "trigger_id": trigger,
            "view": view,
        }

    def _organisation(self) -> Payload:
        """What a command says of an installation for all of an organisation (Enterprise Grid)."""
        if self._workspace.enterprise is None:
            return {"is_enterprise_install": "false"}
        return {"enterprise_id": self._workspace.enterprise, "is_enterprise_install": "true"}

    def _authorization(self) -> Payload:
        whole = self._workspace.enterprise is not None
        return {
            "enterprise_id": self._workspace.enterprise,
            "team_id": None if whole else self._workspace.team,
            "user_id": BOT_USER,
            "is_bot": True,
            "is_enterprise_install": whole,
        }
