"""Filter expressions: which contacts of a list a campaign calls. Text to a tree of conditions, and the tree's answer
for one contact; the stores turn the same tree into SQL."""
