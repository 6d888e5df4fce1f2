# One Makefile for everything a person or CI does with this repository. `make` prints help.
SHELL := /bin/bash
GO ?= go
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
# The built-in nets' SIMD path (amd64; elsewhere the plain one is built all the same). SIMD= leaves it out.
SIMD ?= simd
TOOL := $(GO) tool -modfile=tools/go.mod
DIST := internal/office/web/dist

.PHONY: help run demo build console test unit check lint fmt race e2e browser bench eval quality fuzz soak cycles setup clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: need-go console build ## build everything, start the product, play the demonstration calls, leave it running
	./bin/commusafe demo

build: need-go ## the binary, in bin/
	@mkdir -p bin
	GOEXPERIMENT=$(SIMD) $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/commusafe ./cmd/commusafe

# The console is built only when its sources are newer; without Node the binary says that the console is missing.
console: $(DIST)/index.html ## the web console, into the binary's assets

$(DIST)/index.html: $(shell find console -type f -not -path '*/node_modules/*' 2>/dev/null)
	@if ! command -v npm >/dev/null; then echo "npm is missing: the console is left out (Node 20.19 or later builds it)"; \
	elif [ -f console/package.json ]; then cd console && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund && npm run build && touch ../$@; fi

test: need-go setup console unit ## everything that must pass: unit, race, end to end, the demonstration (what CI runs)

# What takes longest begins first: otherwise one core waits for it at the end.
LONG := ./internal/proof/eval ./internal/judge ./internal/edge ./internal/office/web

unit:
	$(GO) vet ./...
	@fmt=$$(gofmt -l cmd internal test); if [ -n "$$fmt" ]; then echo "not formatted: $$fmt"; exit 1; fi
	@# The end-to-end tests wait for real telephones most of the time: the others run beside them, behind them in the queue for a core, and not before the product's listener, which stands at the end of it.
	@rest=$$(mktemp); nice -n 19 $(GO) test -race -shuffle=on -timeout 20m $$($(GO) list $(LONG) ./... | grep -v '/test/e2e$$' | awk '!seen[$$0]++') >$$rest 2>&1 & others=$$!; \
	$(GO) test -race -shuffle=on -timeout 15m ./test/e2e; e2e=$$?; wait $$others; unit=$$?; cat $$rest; rm -f $$rest; [ $$e2e -eq 0 ] && [ $$unit -eq 0 ]
	GOEXPERIMENT=$(SIMD) $(GO) test -shuffle=on -timeout 15m ./internal/listener/...
	@if [ -d console/node_modules ]; then cd console && npm run check && npm test && if [ -x /usr/bin/chromium ]; then npm run e2e; fi; fi

e2e: build ## the whole product on loopback with real SIP phones, killed processes and the demonstration
	$(GO) test -race -timeout 15m -v ./test/e2e

check: fmt lint test ## format, vet, lint, tests

fmt:
	gofmt -w cmd internal test

lint: need-go ## golangci-lint with the project's set (the first build of the tool takes minutes)
	$(TOOL) golangci-lint run ./...

bench: build ## speed: relay, reaction (docs/quality.md has the last figures)
	./bin/commusafe bench relay --calls 200 --seconds 10 --rounds 5
	./bin/commusafe bench reaction --calls 10
	./bin/commusafe bench judge
	$(GO) test -run '^$$' -bench . -benchmem ./internal/edge/media ./internal/judge ./internal/listener/builtin

eval: build ## quality on the shared development sets (COMMUSAFE_SHARED)
	./bin/commusafe eval text --folds 5 --set $${COMMUSAFE_SHARED:-../shared}/data/phrases/dev.jsonl
	./bin/commusafe eval dialogue --set internal/proof/eval/testdata/dialogues.jsonl

quality: build ## run the measures and write docs/quality.md (a quiet machine, six minutes)
	./internal/proof/quality.sh

soak: build ## an hour of load through a real edge (5 rounds, in each 4 minutes recorded, guarded and of the bare engine, 100 calls): CPU, delay, loss and memory per call
	./bin/commusafe bench relay --calls 100 --seconds 240 --rounds 5

fuzz: need-go ## every fuzz target for a minute
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep ^Fuzz); do echo $$p $$f; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s $$p || exit 1; done; done

setup: ## Debian packages that the tests need (installed when root, named otherwise)
	@./.ci/setup
	@./.ci/runtime

cycles: need-go ## open and close the sherpa-onnx engine 1,000 times and look for growth (minutes)
	@./.ci/runtime
	COMMUSAFE_TEST_CYCLES=1000 $(GO) test -v -count=1 -timeout 90m -run TestOpeningAndClosingDoesNotGrow ./internal/listener/sherpa

need-go:
	@command -v $(GO) >/dev/null || { echo "Go 1.26 or later is missing: https://go.dev/doc/install"; exit 1; }
	@$(GO) version | grep -qE 'go1\.(2[6-9]|[3-9][0-9])' || { echo "Go 1.26 or later is needed; this is $$($(GO) version)"; exit 1; }

clean: ## what was built
	rm -rf bin console/node_modules $(DIST)/assets $(DIST)/index.html
