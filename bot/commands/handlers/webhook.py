"""The command webhook: each post of a channel as signed JSON to an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.richtext import Line, bold, code, line, slash
from bot.commands.context import Scene
from bot.commands.replies import announced, count, say
from bot.errors import CommandError
from bot.ports import Reply

if TYPE_CHECKING:
    from bot.rounds.webhooks.sending import WebhookReport, Webhooks

_LINK = "<>"


async def webhook(scene: Scene, typed: str | None) -> Reply:
    """Connect an address, renew its secret, try it, end it, or say how it stands."""
    hooks = _webhooks(scene)
    word = (typed or "").lower()
    if not word:
        return _stands(await hooks.report(scene.channel))
    if word == "off":
        return await _off(scene, hooks)
    if word == "test":
        return await _test(scene, hooks)
    # Slack writes a link as <address|label>.
    address = (typed or "").strip(_LINK).partition("|")[0]
    host, secret = await hooks.connect(scene.channel, address, scene.person.id)
    told = (
        line("The secret to check signatures with, shown only now: ", code(secret)),
        line("It signs as Standard Webhooks 1.0 says. To send a trial: ", slash("webhook test")),
    )
    return announced(scene, "lets each post here also go to ", bold(host), ".", lines=list(told))


async def _off(scene: Scene, hooks: Webhooks) -> Reply:
    if not await hooks.disconnect(scene.channel):
        return _stands(None)
    told = [line("The address and its secret are forgotten.")]
    return announced(scene, "ended the webhook of this channel.", lines=told)


async def _test(scene: Scene, hooks: Webhooks) -> Reply:
    attempt = await hooks.test(scene.channel)
    if attempt is None:
        return _stands(None)
    if attempt.taken:
        return say("The trial was taken.")
    return Reply(lines=(line(f"The trial was not taken: {attempt.reason}."),), failed=True)


def _webhooks(scene: Scene) -> Webhooks:
    if scene.context.webhooks is None:
        raise CommandError(
            "Secrets are kept only sealed, and this install has no key to seal them with: whoever "
            "hosts it sets PAPERROUND_ENCRYPTION_KEY. Until then, for example: feed on"
        )
    return scene.context.webhooks


def _stands(report: WebhookReport | None) -> Reply:
    if report is None:
        example = slash("webhook https://example.org/papers")
        return say("This channel has no webhook. To have one, type ", example, ".")
    state = "switched off" if report.ended else f"{count(report.left, 'event')} to come"
    first = line("Webhook, ", bold(report.host), f": {count(report.sent, 'event')} sent, {state}.")
    return Reply(lines=(first, *_trouble(report)))


def _trouble(report: WebhookReport) -> list[Line]:
    lines = []
    if report.failed:
        lines.append(line(f"{count(report.failed, 'event')} given up after three days."))
    if report.trouble:
        lines.append(line(f"The last try was not taken: {report.trouble}."))
    return lines
