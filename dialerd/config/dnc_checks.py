"""Do-not-call lists that campaigns name and nobody describes."""

from __future__ import annotations

from dialerd.config.document import Document
from dialerd.config.models import CampaignModel, CampaignsFile
from dialerd.config.problems import Path, did_you_mean, quoted


def check_dnc(document: Document, file: CampaignsFile) -> None:
    """Tell of names that lead nowhere, in the defaults too, whether a campaign relies on them or not."""
    known = [str(key[1]) for key in document.keys if len(key) == 2 and key[0] == "dnc_lists"]
    stating: list[tuple[Path, CampaignModel]] = [(("defaults",), file.defaults)]
    stating += [(("campaigns", name), campaign) for name, campaign in file.campaigns.items()]
    for path, model in stating:
        named: list[tuple[Path, str]] = [((*path, "dnc", index), name) for index, name in enumerate(model.dnc)]
        if model.opt_out_list is not None:
            named.append(((*path, "opt_out_list"), model.opt_out_list))
        for here, name in named:
            if name not in known:
                document.problem(
                    document.mark(here), here, f"there is no do-not-call list {quoted(name)}",
                    "a name under `dnc_lists`", did_you_mean(name, known) or "describe it under `dnc_lists:`",
                )  # fmt: skip
