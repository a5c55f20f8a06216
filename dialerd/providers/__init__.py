"""Services on the network that know numbers of do-not-call lists."""
