# A small image: the program, certificates of authorities, no shell, not root. It writes
# below /data only, so that it runs with --read-only:
#
#   docker build -t leat .
#   docker run --read-only --tmpfs /tmp -v leat:/data -v ./pipeline.yaml:/data/pipeline.yaml:ro leat

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
ARG TARGETOS TARGETARCH VERSION=
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X github.com/leat-io/leat/cli.Version=$VERSION" -o /out/leat ./cmd/leat \
    && mkdir -p /out/data

# Zones of times are in the program itself.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/leat /usr/local/bin/leat
COPY --from=build --chown=65532:65532 /out/data /data
WORKDIR /data
VOLUME /data
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/leat"]
CMD ["run", "--quiet"]
