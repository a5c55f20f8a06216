# Asterisk with the configuration of asterisk-conf/; edit the files in asterisk-conf/site/ first.
FROM debian:forky-slim
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends asterisk \
 && rm -rf /var/lib/apt/lists/*
COPY asterisk-conf/ /etc/asterisk/
RUN chown -R asterisk:asterisk /etc/asterisk
# hadolint ignore=DL3066
USER asterisk
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["asterisk", "-C", "/etc/asterisk/asterisk.conf", "-rx", "core waitfullybooted"]
CMD ["asterisk", "-f", "-C", "/etc/asterisk/asterisk.conf"]
