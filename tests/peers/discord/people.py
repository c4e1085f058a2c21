"""Somebody in front of Discord's client: types, presses, fills in and reacts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simcord.backend import serializers
from simcord.backend.models import Channel, Interaction, Message, User
from simcord.components import walk_components
from simcord.enums import InteractionType
from simcord.interactions import base_payload, nest_options, walk_to_subcommand

from tests.peers.discord.bridge import Bridge
from tests.waiting import PATIENCE


async def until(happened: Callable[[], object], what: str = "it") -> None:
    """Wait until something is so; fail where it never is."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not happened():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen") from None


@dataclass
class Answered:
    """What the person saw after an interaction."""

    bridge: Bridge
    record: Interaction

    @property
    def messages(self) -> list[Message]:
        ids = [self.record.message_id, *self.record.followup_ids]
        kept = self.bridge.world.backend.messages[self.record.channel_id]
        return [kept[each] for each in ids if each is not None and each in kept]

    @property
    def text(self) -> str:
        """Everything that can be read in the answer."""
        parts = []
        for message in self.messages:
            parts.append(message.content)
            parts += [str(each.get("content", "")) for each in walk_components(message.components)]
        return "\n".join(filter(None, parts))


@dataclass
class Someone:
    """A person in one channel, whose client talks to the bridge's world."""

    bridge: Bridge
    user: User
    where: Channel

    async def slash(self, words: str, **options: Any) -> Answered:
        """Send `/papers <words>` with its options and wait for the answer."""
        data = self.command(words, **options)
        return await self._ask(InteractionType.APPLICATION_COMMAND, data)

    async def complete(self, words: str, option: str, typed: str) -> list[Any]:
        """Type into an option; returns the values that are offered."""
        focused = {"name": option, "type": 3, "value": typed, "focused": True}
        data = self._command(words, [focused])
        asked = await self._ask(InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE, data)
        return [each["value"] for each in asked.record.autocomplete_choices or []]

    async def menu(self, name: str, message_id: int) -> Answered:
        """Choose a command in a message's context menu."""
        message = self._message(message_id)
        root = self._root(name, 3)
        data = {
            "id": root["id"],
            "name": name,
            "type": 3,
            "target_id": str(message_id),
            "resolved": {"messages": {str(message_id): message}},
        }
        return await self._ask(InteractionType.APPLICATION_COMMAND, data)

    async def press(self, message_id: int, label: str) -> Answered:
        """Press the button with this label under a message."""
        button = self._component(message_id, label=label)
        data = {"custom_id": button["custom_id"], "component_type": 2}
        return await self._ask(
            InteractionType.MESSAGE_COMPONENT, data, message=self._message(message_id)
        )

    async def press_emoji(self, message_id: int, emoji: str) -> Answered:
        """Press the button that shows this emoji."""
        message = self.bridge.world.backend.get_message(self.where.id, message_id)
        button = next(
            each
            for each in walk_components(message.components)
            if (each.get("emoji") or {}).get("name") == emoji
        )
        data = {"custom_id": button["custom_id"], "component_type": 2}
        return await self._ask(
            InteractionType.MESSAGE_COMPONENT, data, message=self._message(message_id)
        )

    async def pick(self, message_id: int, custom_id: str, *values: str) -> Answered:
        """Choose from a menu of a message."""
        data = {"custom_id": custom_id, "component_type": 3, "values": list(values)}
        return await self._ask(
            InteractionType.MESSAGE_COMPONENT, data, message=self._message(message_id)
        )

    async def fill_in(self, form: Answered, **values: str) -> Answered:
        """Send the form that an interaction opened, inputs not named as they were."""
        modal = form.record.modal
        assert modal is not None, "no form was opened"
        components = [
            {
                "type": 18,
                "component": {
                    "type": 4,
                    "custom_id": each["component"]["custom_id"],
                    "value": values.get(
                        each["component"]["custom_id"], each["component"].get("value", "")
                    ),
                },
            }
            for each in modal["components"]
        ]
        data = {"custom_id": modal["custom_id"], "components": components}
        return await self._ask(InteractionType.MODAL_SUBMIT, data)

    def react(self, message_id: int, emoji: str) -> None:
        self.bridge.world.backend.add_reaction(self.where.id, message_id, emoji, self.user.id)

    def unreact(self, message_id: int, emoji: str) -> None:
        self.bridge.world.backend.remove_reaction(self.where.id, message_id, emoji, self.user.id)

    async def _ask(self, kind: int, data: dict[str, Any], **extra: Any) -> Answered:
        record = self.send(kind, data, **extra)
        await until(lambda: record.responded and not record.loading, f"an answer to {data}")
        await self.bridge.quiet()
        return Answered(self.bridge, record)

    def send(self, kind: int, data: dict[str, Any], **extra: Any) -> Interaction:
        """Send an interaction and wait for nothing.

        Discord would wait three seconds for the first answer, which a slow machine may need.
        """
        backend = self.bridge.world.backend
        record, payload = base_payload(
            backend,
            type=int(kind),
            channel_id=self.where.id,
            guild_id=self.where.guild_id,
            user_id=self.user.id,
            data=data,
        )
        record.initial_response_deadline = backend.iso_after(PATIENCE)
        if "message" in extra:
            record.source_message_id = int(extra["message"]["id"])
        backend.emit("INTERACTION_CREATE", {**payload, **extra})
        return record

    def command(self, words: str, **options: Any) -> dict[str, Any]:
        """What Discord sends for `/papers <words>` with these options."""
        given = [
            {"name": name, "type": 4 if isinstance(value, int) else 3, "value": value}
            for name, value in options.items()
        ]
        return self._command(words, given)

    def _command(self, words: str, options: list[dict[str, Any]]) -> dict[str, Any]:
        root = self._root("papers", 1)
        _, nesting = walk_to_subcommand(root, words.split())
        return {
            "id": root["id"],
            "name": "papers",
            "type": 1,
            "options": nest_options(root, nesting, options),
        }

    def _root(self, name: str, kind: int) -> dict[str, Any]:
        commands = self.bridge.world.backend.commands
        for scope in (self.where.guild_id, None):
            if (found := commands.get(scope, {}).get((name, kind))) is not None:
                return found
        raise AssertionError(f"Discord has no command {name!r}")

    def _message(self, message_id: int) -> dict[str, Any]:
        backend = self.bridge.world.backend
        message = backend.get_message(self.where.id, message_id)
        return dict(serializers.message_payload(backend, message))

    def _component(self, message_id: int, *, label: str) -> dict[str, Any]:
        backend = self.bridge.world.backend
        rows = backend.get_message(self.where.id, message_id).components
        return next(each for each in walk_components(rows) if each.get("label") == label)
