# Two commands do everything: `make demo` and `make test`.

PREFIX ?= /usr/local
BUILD = swift build --quiet -c release
PLUMB = .build/release/plumb

.PHONY: help libraries model charts setup build demo test test-notebooks test-pages test-cluster test-crash lint format \
	goldens notebooks bench bench-peers bench-growth peers aligned-model install clean

help:
	@echo "make demo           set up, build, and run the main job on a real model"
	@echo "make test           set up and run every test"
	@echo "make test-notebooks run the notebooks on a few prompts, leaving them as they are"
	@echo "make test-pages     open report pages in a browser and use them"
	@echo "make test-cluster   run shards under Open MPI and a Slurm cluster of this machine"
	@echo "make test-crash     kill, starve and deceive extractions for a quarter of an hour"
	@echo "make build          build .build/release/plumb"
	@echo "make install        put plumb and the default model under PREFIX ($(PREFIX))"
	@echo "make lint           check the format; make format mends it"
	@echo "make notebooks      run the notebooks and write their outputs and pictures anew"
	@echo "make bench          time kernels on named shapes, and the share of their speed an extraction has"
	@echo "make bench-peers    compare speed with other tools (needs Python, minutes and gigabytes)"
	@echo "make bench-growth   see whether speed and memory hold as the job grows"
	@echo "make aligned-model  tune the default model to refuse, again from data/, and measure it"
	@echo "make goldens        make the golden files anew (needs Python, see scripts/goldens)"

libraries:
	@scripts/setup-libraries.sh

model:
	@scripts/setup-model.sh

charts:
	@scripts/setup-charts.sh

setup: libraries model charts

build: libraries
	@$(BUILD) --product plumb

demo: model charts build
	@scripts/demo.sh

test: setup
	swift test -c release
	@if scripts/setup-notebooks.sh; then scripts/notebooks/run.sh --small; \
	else echo "test: the notebooks were not run, for the reason above" >&2; fi

test-notebooks: model charts build
	@scripts/setup-notebooks.sh
	@scripts/notebooks/run.sh --small

test-pages: charts build
	@scripts/checks/pages.sh

test-cluster: build
	@scripts/cluster/test_cluster.sh

test-crash: build
	python3 scripts/reliability/run.py

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

notebooks: model charts build
	@scripts/setup-notebooks.sh
	@scripts/notebooks/run.sh

goldens:
	scripts/goldens/make_all.sh

aligned-model: model build
	@scripts/aligned_model.sh

bench: model build
	@swift build --quiet -c release --package-path Benchmarks
	@env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE Benchmarks/.build/release/kernels
	@python3 Benchmarks/share.py

peers: model build
	@Benchmarks/setup.sh

bench-peers: peers
	.venv-bench/bin/python Benchmarks/peers.py
	.venv-bench/bin/python Benchmarks/overheads.py
	.venv-bench/bin/python Benchmarks/probes.py
	.venv-bench/bin/python Benchmarks/sweep.py

bench-growth: peers
	.venv-bench/bin/python Benchmarks/growth.py

install: model charts build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/plumbline/models \
		$(DESTDIR)$(PREFIX)/share/plumbline/charts
	install -m 755 $(PLUMB) $(DESTDIR)$(PREFIX)/bin/plumb
	install -m 644 .models/*.gguf $(DESTDIR)$(PREFIX)/share/plumbline/models
	install -m 644 .charts/vega-bundle.js $(DESTDIR)$(PREFIX)/share/plumbline/charts

clean:
	swift package clean
