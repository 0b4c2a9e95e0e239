# syntax=docker/dockerfile:1
# The whole system in one process: webhooks, worker, and an OpenMemory of its own unless OPENMEMORY_API_URL is set.
#
#   docker build -t elaaoms .
#   docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/elaaoms:VERSION --push .
#
# Runs as a user without rights and needs to write to /data only: docker run --read-only --tmpfs /tmp -v elaaoms:/data …

ARG BUILD_BASE=rust:1.95-slim-bookworm
ARG RUN_BASE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_BASE} AS build
ARG TARGETARCH
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,id=elaaoms-target-${TARGETARCH} \
    cargo build --locked --release -p elaaoms-local -p elaaoms-cli \
    && mkdir -p /out/bin /out/data \
    && cp target/release/elaaoms-local target/release/elaaoms /out/bin/

FROM ${RUN_BASE}
COPY --from=build /out/bin/ /usr/local/bin/
COPY --from=build --chown=10001:10001 /out/data /data
USER 10001:10001
WORKDIR /data
# The metrics are for whoever shares a network with the container. Publish 8000 alone.
ENV HOST=0.0.0.0 PORT=8000 METRICS_HOST=0.0.0.0 METRICS_PORT=8001
VOLUME /data
EXPOSE 8000 8001
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/usr/local/bin/elaaoms-local", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/elaaoms-local"]
CMD ["--data-dir", "/data"]
