"""Bearer tokens that somebody else signed: the issuers in the settings, and no other."""
