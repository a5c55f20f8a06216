"""A walk through a flow without a call: keys and time-outs come from whoever tries it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dialerd.core.filtering.facts import Facts, moment_at
from dialerd.core.flow import actions as a
from dialerd.core.flow.nodes import KEYS, Flow, HangUp, Play, Record, ToNumber, ToQueue
from dialerd.core.flow.prompts import ColumnMissing, Media, Prompt, values_of
from dialerd.core.flow.walk import Around, Walk, WalkState
from dialerd.core.prompt_commands import Utterance
from dialerd.core.prompt_texts import USUAL_LANGUAGE
from dialerd.speech.spoken import Unspeakable, words_of


class Trial:
    """One walk. Every method returns lines that say what the caller would notice."""

    def __init__(
        self, name: str, flows: Mapping[str, Flow], columns: Mapping[str, str], agents: int, zone: str,
        called_zones: Sequence[str], now: float,
    ) -> None:  # fmt: skip
        """``agents``: idle in every queue; ``zone``: the campaign's; ``called_zones``: where the called party may be;
        ``now``: epoch seconds at which it is tried."""
        self._walk = Walk(flows, WalkState(name, given=dict(columns)))
        facts = Facts("trial", {})
        self._around = Around(moment_at(now, zone), facts, zone, tuple(called_zones) or (zone,), lambda queue: agents)
        self._agents = agents
        self._said: list[str] = []
        self._left = False

    @property
    def over(self) -> bool:
        """There is nothing more to come."""
        return self._walk.state.over or self._left

    @property
    def asks(self) -> str:
        """What may be typed now."""
        return "[keys, Enter: time runs out, h: hang up]>"

    @property
    def result(self) -> str:
        """How it ended."""
        return "hung_up" if self._left else self._walk.state.result

    @property
    def columns(self) -> Mapping[str, str]:
        """What the flow wrote."""
        return self._walk.state.columns

    def outcome(self) -> dict[str, Any]:
        """All that the walk left, in plain values."""
        state = self._walk.state
        return {
            "result": self.result, "columns": dict(state.columns), "opted_out": state.opted_out,
            "callback": state.callback, "callback_after_s": state.callback_after_s,
            "path": [{"flow": flow, "node": node, "keys": keys} for _, flow, node, keys in state.path],
        }  # fmt: skip

    def begin(self) -> list[str]:
        """The call is answered."""
        self._do(self._walk.begin(self._around))
        return self._on()

    def take(self, line: str) -> list[str]:
        """Keys (all at once), an empty line (nothing is pressed until the time runs out), or ``h``."""
        if line.lower() == "h":
            self._left = True
            return ["the caller hangs up"]
        wrong = [key for key in line if key not in KEYS]
        if wrong:
            return [f"{wrong[0]!r} is no key: 0 to 9, * and #"]
        for key in line:
            if not self.over:
                self._do(self._walk.pressed(key, self._around))
        if not self.over:
            self._wait(pressed=bool(line))
        return self._on()

    def _wait(self, pressed: bool) -> None:
        """Time goes by: prompts end, then the timer runs out."""
        walk = self._walk
        if isinstance(walk.node, ToNumber):
            self._said.append("  nobody answers there")
            self._do(walk.not_transferred(self._around))
        elif isinstance(walk.node, Record) and not walk.state.playing:
            self._do(walk.recorded("trial-recording", self._around))
        else:
            if walk.state.playing and not isinstance(walk.node, ToQueue):
                self._do(walk.played(self._around))
            if not self.over and not (pressed and not walk.state.keys) and not walk.state.playing:
                self._said.append("  ... silence ...")
                self._do(walk.timed_out(self._around))

    def _on(self) -> list[str]:
        """Go on to where the caller may do something again."""
        walk = self._walk
        while not self.over and walk.state.playing and isinstance(walk.node, Play | HangUp):
            self._do(walk.played(self._around))
        lines, self._said = self._said, []
        return lines

    def _do(self, actions: Sequence[a.Action]) -> None:
        ahead = list(actions)
        while ahead:
            action = ahead.pop(0)
            node = self._walk.state.node
            match action:
                case a.Say():
                    self._said.append(f"{node}: plays {self._heard(action.prompt)}")
                case a.StartRecording():
                    self._said.append(f"{node}: records up to {action.longest_s:g} s; any key or Enter ends it")
                case a.StopRecording():
                    ahead[:0] = self._walk.recorded("trial-recording", self._around)
                case a.OptOutNumber():
                    self._said.append("  the number goes on the opt-out list")
                case a.JoinQueue():
                    ahead[:0] = self._join(action.queue)
                case a.DialNumber():
                    self._said.append(f"{node}: dials {action.number or 'nothing: the column is empty'}")
                    if not action.number:
                        ahead[:0] = self._walk.not_transferred(self._around)
                case a.End():
                    self._said.append(f"{node}: hangs up")
                case _:
                    pass

    def _heard(self, prompt: Prompt) -> str:
        """Sounds by name, texts with their columns, in the words that a voice is given."""
        walk = self._walk
        columns = {**walk.state.given, **walk.state.columns}
        language = walk.flow.language or USUAL_LANGUAGE
        heard = []
        for part in prompt.parts:
            if isinstance(part, Media):
                heard.append(part.uri.removeprefix("sound:"))
                continue
            text = part.for_language(language)
            try:
                parts = tuple(values_of(text, columns))
                heard.append(f"“{words_of(Utterance('', text.language or language, parts))}”")
            except (ColumnMissing, Unspeakable) as error:
                heard.append(f"“{text.source}” ({error}: nobody like this would be called)")
        return " + ".join(heard)

    def _join(self, queue: str) -> Sequence[a.Action]:
        node = self._walk.state.node
        if self._agents:
            self._said.append(f"{node}: an agent of {queue} takes the call")
            return self._walk.transferred()
        self._said.append(f"{node}: no agent of {queue} is at work")
        return self._walk.not_transferred(self._around)
