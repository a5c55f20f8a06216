"""Asterisk: calls through ARI, queue members through AMI, and what a server must have.

Entry points: :class:`dialerd.asterisk.telephony.AriTelephony`, :class:`dialerd.asterisk.roster.AmiRoster`,
:func:`dialerd.asterisk.probe.probe`. ``docs/adr/0001-ari-client.md`` tells why the client is our own.
"""
