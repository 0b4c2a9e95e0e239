# The whole system in one process: webhooks, worker, and an embedded OpenMemory unless
# OPENMEMORY_API_URL is set.
#
#   docker build -t elaaoms .
#   docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/elaaoms:VERSION --push .
#
# Needs BuildKit. Runs as an unprivileged user and writes only to /data:
#   docker run --read-only --tmpfs /tmp -v elaaoms:/data …
#
# To use compiled programs from target/image: docker build --build-arg PROGRAMS=built .

ARG BUILD_BASE=rust:1.95-slim-bookworm@sha256:d7482085ff5b415f84dba5647ae71606650bdef00db7aeb69f4b3d170c3e4082
ARG RUN_BASE=gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
ARG PROGRAMS=compiled

FROM ${BUILD_BASE} AS compiled
ARG TARGETARCH
WORKDIR /out/data
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,id=elaaoms-target-${TARGETARCH} \
    cargo build --locked --release -p elaaoms-local -p elaaoms-cli \
    && mkdir -p /out/bin \
    && cp target/release/elaaoms-local target/release/elaaoms /out/bin/

FROM scratch AS built
WORKDIR /out/data
COPY target/image/elaaoms-local target/image/elaaoms /out/bin/

FROM ${PROGRAMS} AS programs

FROM ${RUN_BASE}
COPY --from=programs /out/bin/ /usr/local/bin/
COPY --from=programs --chown=10001:10001 /out/data /data
USER 10001:10001
WORKDIR /data
# The metrics are reachable from the container's networks. Publish only port 8000.
ENV HOST=0.0.0.0 PORT=8000 METRICS_HOST=0.0.0.0 METRICS_PORT=8001
VOLUME /data
EXPOSE 8000 8001
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/usr/local/bin/elaaoms-local", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/elaaoms-local"]
CMD ["--data-dir", "/data"]
