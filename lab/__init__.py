"""The lab: a real Asterisk pair and a real Redis to develop, test and show dialerd on."""

from lab.callees import Behaviour, Callee, Mix, keys_in_turn, mix_numbers, number_for
from lab.callers import Caller
from lab.hearing import Heard
from lab.installation import LabError
from lab.pair import Lab
from lab.phones import Phone, Profile
from lab.settings import Settings
from lab.truth import Truth, TruthCall, TruthPhone

__all__ = [
    "Behaviour",
    "Callee",
    "Caller",
    "Heard",
    "Lab",
    "LabError",
    "Mix",
    "Phone",
    "Profile",
    "Settings",
    "Truth",
    "TruthCall",
    "TruthPhone",
    "keys_in_turn",
    "mix_numbers",
    "number_for",
]
