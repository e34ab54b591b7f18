# The two commands that a newcomer needs are `make demo` and `make test`.
# Both install the Debian packages they need when run as root, and say which
# are missing otherwise.

TOOLS := go tar bsdtar zstd age ssh-keygen ssh-agent sha256sum python3 git initdb chromium strace \
	versitygw fake-gcs-server azurite-blob

.PHONY: demo test race lint fuzz bench performance microbench build tools

# Without Parquet and object stores, which the demo does not need and which take
# longest to build.
demo:
	@scripts/need go tar zstd ssh-keygen
	CGO_ENABLED=0 go build -tags norows,nocloud -o bin/oa-archive ./cmd/oa-archive
	@scripts/demo

test: tools
	go test -count=1 -timeout 20m ./...

race: tools
	@scripts/need gcc
	CGO_ENABLED=1 go test -race -short -count=1 -timeout 30m ./...

lint:
	scripts/lint

# Each fuzz target for FUZZTIME (default 10s).
fuzz: tools
	scripts/fuzz

# Against the peers, in some 20 minutes and 20 GB below TMPDIR; BENCH=quick is
# smaller, JOBS="create-rows read-one" are some of them (scripts/bench -list).
# FLAGS are further flags of scripts/bench, as "-keep FOLDER".
RESULTS ?= bin/performance.json
bench:
	@scripts/bench -scale $(or $(BENCH),full) -o $(RESULTS) $(FLAGS) $(JOBS)

# The same, into docs/performance.md.
performance:
	@scripts/bench -o docs/performance.json $(FLAGS) $(JOBS)
	@scripts/bench -document docs/performance.md

# Each hot function by itself. scripts/benchcompare compares two commits.
microbench:
	go test -run '^$$' -bench . -benchmem ./...

build:
	@scripts/need go
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w" -tags arrow_json_stdlib -o bin/oa-archive ./cmd/oa-archive

tools:
	@scripts/need $(TOOLS)
