# make prints what there is to make.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The race detector needs a C compiler; without one the tests run without it.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

# Packages whose tests start leat, plugins and servers as processes: the race detector
# would see little of them. They mostly wait, so that three at a time keep two cores busy.
PROCESSES := /(cli|acceptance|chaos)$$|/plugins/templates$$|/examples/

# Packages whose tests do less with the race detector, and enough only without it.
WHOLE := /(internal/snssig|sim/prove)$$

# More arguments for go test, such as TESTFLAGS=-v.
TESTFLAGS ?=

.PHONY: help build test chaos bench bench-compare bench-growth benchmarks lint generate

help: ## Print this help
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

build: ## Build the leat command into ./leat
	go build -o leat ./cmd/leat

# Servers that tests run against are installed into .testservers, so that no test
# has to be skipped.
test: ## Install what tests need; run vet and all tests, with the race detector where there is a C compiler
	@sh internal/testservers/install.sh
	@$(if $(RACE),true,echo 'no C compiler: testing without the race detector' >&2)
	@go vet ./...
	@failed=0; \
	go test $(RACE) -p 3 -timeout 15m $(TESTFLAGS) $$(go list ./... | grep -vE '$(PROCESSES)') || failed=1; \
	go test -p 3 -timeout 15m $(TESTFLAGS) $$(go list ./... | grep -E '$(PROCESSES)|$(WHOLE)') || failed=1; \
	exit $$failed

chaos: ## Disturb replicas that share a Redis for half an hour; docs/reliability.md says what is checked
	go run ./chaos -scenario all

bench: ## Measure the flows in bench/, as whole processes: CPU, lines/s, memory; BENCHFLAGS="-runs 5"
	go run ./bench/table $(BENCHFLAGS)

bench-compare: ## Measure them beside those of another commit, in turns: REF=HEAD~1
	@sh bench/compare.sh $(REF) $(BENCHFLAGS)

bench-growth: ## Measure how cost depends on what a flow is given, latency, start-up and size
	go run ./bench/growth $(BENCHFLAGS)

benchmarks: ## Run the Go benchmarks of the hot paths
	go test -run '^$$' -bench . -benchmem ./pipeline/... ./stages/... ./providers/... ./state/... ./internal/...

lint: ## Run golangci-lint or staticcheck, whichever there is
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; \
	elif command -v staticcheck >/dev/null; then staticcheck ./...; \
	else echo 'make lint needs golangci-lint or staticcheck' >&2; exit 1; fi

generate: ## Write what is generated: the contract of plugins, the sample feed and the manual pages
	plugins/proto/generate.sh
	go run ./examples/parcels/generate
	go run ./docs/generate
