# make demo: the walkthrough on real software. make test: everything.
# Nothing here needs more than Go, and on Debian root or sudo for what is
# missing; scripts/setup says what it installs.

GO ?= go
export GO
FUZZTIME ?= 20s
LINT = $(GO) tool -modfile=tools/go.mod golangci-lint

.PHONY: build demo test lint bench fifty corpus mutate fuzz cover clean setup clean-clone

build: ## halab into bin/
	$(GO) build -o bin/halab ./cmd/halab

demo: ## the walkthrough, from scenario to verdict
	@scripts/setup mmdebstrap
	@$(MAKE) --no-print-directory build
	@scripts/demo

test: setup ## every test, with the race detector, on both runtimes
	@scripts/test

lint: ## gofmt, go vet and the linters of .golangci.yml
	@unformatted=$$(gofmt -l .) && if [ -n "$$unformatted" ]; then echo "not formatted: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(LINT) run
	cd bench && $(GO) vet ./...
	cd deploy/check && $(GO) vet ./...

bench: ## ratios, each measured in one run; they assert nothing
	@scripts/setup mmdebstrap wrk h2load
	@scripts/bench

fifty: build ## fifty runs that must pass and fifty that must fail
	@scripts/fifty

corpus: build ## every procedure of the corpus, PASSES times (5)
	@scripts/setup mmdebstrap socat
	@scripts/corpus

mutate: build ## break every sound scenario that ships, and see what is caught
	@scripts/mutate

fuzz: ## every fuzz target for FUZZTIME
	@scripts/fuzz $(FUZZTIME)

cover: setup ## coverage of the tests, as a page
	$(GO) test -count=1 -p 1 -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out | tail -n 1
	$(GO) tool cover -html=cover.out -o cover.html

clean: ## what the other targets made here
	rm -rf bin results cover.out cover.html

setup: ## what the tests need and this machine lacks
	@scripts/setup mmdebstrap tmux hatop chromium gcc socat ansible-playbook

clean-clone: ## a clean clone builds with nothing in the module cache
	@scripts/clean-clone
