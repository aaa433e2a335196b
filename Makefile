# Two commands do everything: `make demo` and `make test`.

PREFIX ?= /usr/local
BUILD = swift build --quiet -c release
PLUMB = .build/release/plumb

.PHONY: help libraries model setup build demo test lint format goldens notebooks peers bench-peers bench-growth install clean

help:
	@echo "make demo          set up, build, and run the main job on a real model"
	@echo "make test          set up and run every test"
	@echo "make build         build .build/release/plumb"
	@echo "make install       put plumb and the default model under PREFIX ($(PREFIX))"
	@echo "make lint          check the format; make format mends it"
	@echo "make notebooks     run the worked studies anew"
	@echo "make bench-peers   compare speed with other tools (needs Python, minutes and gigabytes)"
	@echo "make bench-growth  see whether speed and memory hold as the job grows"
	@echo "make goldens       make the golden files anew (needs Python, see scripts/goldens)"

libraries:
	@scripts/setup-libraries.sh

model:
	@scripts/setup-model.sh

setup: libraries model

build: libraries
	@$(BUILD) --product plumb

demo: model build
	@scripts/demo.sh

test: setup
	swift test -c release

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

notebooks: model build
	python3 scripts/run_notebooks.py

goldens:
	scripts/goldens/make_all.sh

peers: model build
	@Benchmarks/setup.sh

bench-peers: peers
	.venv-bench/bin/python Benchmarks/peers.py
	.venv-bench/bin/python Benchmarks/overheads.py
	.venv-bench/bin/python Benchmarks/probes.py

bench-growth: peers
	.venv-bench/bin/python Benchmarks/growth.py

install: model build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/plumbline/models
	install -m 755 $(PLUMB) $(DESTDIR)$(PREFIX)/bin/plumb
	install -m 644 .models/*.gguf $(DESTDIR)$(PREFIX)/share/plumbline/models

clean:
	swift package clean
