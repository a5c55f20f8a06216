# Asterisk with the configuration of asterisk-conf/; edit the files in asterisk-conf/site/ first.
FROM debian:forky-slim
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends asterisk \
 && rm -rf /var/lib/apt/lists/*
COPY asterisk-conf/ /etc/asterisk/
# A new volume takes owner and mode of the folder below it, of whichever container comes first: 10001 is dialerd, which
# writes speech there. Asterisk makes no folder for recordings by itself.
RUN chown -R asterisk:asterisk /etc/asterisk \
 && install -d -o 10001 -m 755 /var/lib/dialerd/speech \
 && install -d -o asterisk -g asterisk /var/spool/asterisk/recording
# hadolint ignore=DL3066
USER asterisk
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["asterisk", "-C", "/etc/asterisk/asterisk.conf", "-rx", "core waitfullybooted"]
CMD ["asterisk", "-f", "-C", "/etc/asterisk/asterisk.conf"]
