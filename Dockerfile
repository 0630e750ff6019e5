FROM debian:bookworm-slim AS build
WORKDIR /src
COPY deploy/packages deploy/packages
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        $(awk '/^\[/ { use = $0 == "[build]" } /^[a-z]/ && use' deploy/packages)
COPY . .
# In batches, since it is built from nothing each time.
RUN cmake --preset release -DSLIPWAY_TESTS=OFF -DSLIPWAY_BATCH=10 && cmake --build --preset release --target slipway && \
    strip -o /slipway build/release/server/slipway
ARG SOURCE_DATE_EPOCH
RUN if [ -n "$SOURCE_DATE_EPOCH" ]; then touch --date "@$SOURCE_DATE_EPOCH" /slipway; fi

FROM debian:bookworm-slim
# The time of the commit: no file is newer, so that the same commit, packages and base make the same layers whenever they are made.
ARG SOURCE_DATE_EPOCH
# docker-credential-ecr-login gets ECR's passwords from the pod's role; libpq is loaded where the store is PostgreSQL.
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        amazon-ecr-credential-helper ca-certificates libpq5 libprometheus-cpp-core1.0 && \
    rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* && \
    mkdir /var/lib/slipway && chown 65532:65532 /var/lib/slipway && \
    if [ -n "$SOURCE_DATE_EPOCH" ]; then \
        find /etc /opt /root /run /tmp /usr /var -xdev -newermt "@$SOURCE_DATE_EPOCH" \
            ! -path /etc/hosts ! -path /etc/hostname ! -path /etc/resolv.conf \
            -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +; \
    fi
COPY --from=build /slipway /usr/bin/slipway
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="slipway" \
      org.opencontainers.image.description="Builds the Docker images of a Git repository when they change" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
# Any user will do; this one owns the folder that a new volume is made from.
USER 65532:65532
# They go before the configuration's. The helper's own cache would be a file with passwords; slipway remembers them in memory.
ENV SLIPWAY_LISTEN=0.0.0.0:8080 SLIPWAY_DATA=/var/lib/slipway AWS_ECR_DISABLE_CACHE=true
VOLUME /var/lib/slipway
EXPOSE 8080
# exec form: slipway itself gets SIGTERM, and lets the steps that run finish.
ENTRYPOINT ["/usr/bin/slipway"]
CMD ["serve", "--config", "/etc/slipway/slipway.yml"]
