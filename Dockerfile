# The daemon. Asterisk and Redis are their own containers: see compose.yaml.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/dialerd \
 && /opt/dialerd/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY dialerd ./dialerd
RUN /opt/dialerd/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
LABEL org.opencontainers.image.title="dialerd" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
 && apt-get install -y --no-install-recommends espeak-ng=* \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/dialerd --create-home dialerd \
 && mkdir -p /etc/dialerd \
 && install -d -o dialerd /var/lib/dialerd/speech
COPY --from=build /opt/dialerd /opt/dialerd
ENV PATH=/opt/dialerd/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DIALERD_CONFIG=/etc/dialerd/dialerd.yaml
WORKDIR /var/lib/dialerd
USER 10001
EXPOSE 8090
VOLUME ["/var/lib/dialerd"]
# The daemon leaves bridged calls up on SIGTERM; give it longer than `shutdown_grace` before SIGKILL.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8090/healthz', timeout=2)"]
ENTRYPOINT ["dialerd"]
CMD ["run"]
