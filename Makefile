# What one types; `make` alone lists it. An environment is made when it is first needed, and brought up when its pins change.
# An interpreter or a Blender of one's own: make test-all PYTHON311=… PYTHON313=… BLENDER=…

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all lint format bench extension gui clean

# A name on the PATH may be a shim that only says "command not found", so each candidate is asked for its version.
works = $(shell $(1) -c 'import ensurepip, sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(2)")' 2>/dev/null && echo $(1))
pyenv = $(lastword $(wildcard $(HOME)/.pyenv/versions/$(1).*/bin/python))
find = $(or $(call works,python$(1),$(1)),$(call works,python3,$(1)),$(if $(pyenv),$(call works,$(pyenv),$(1))))
ifndef PYTHON311
PYTHON311 := $(call find,3.11)
endif
ifndef PYTHON313
PYTHON313 := $(call find,3.13)
endif

# `.venv` is Blender 4.5 where there is Python 3.11, else Blender 5.2. The other Blenders and torch have a folder each.
ifneq ($(PYTHON311),)
PYTHON := $(PYTHON311)
BLENDER_GROUP := blender-4-5
TEST := .venv/.test .venvs/training/.test
TEST_ALL := $(TEST) .venvs/blender-4.2/.test $(if $(PYTHON313),.venvs/blender-5.2/.test)
else
PYTHON := $(PYTHON313)
BLENDER_GROUP := blender-5-2
TEST := .venv/.test
TEST_ALL := $(TEST)
endif
BENCH := $(filter-out %/training/.test %/blender-4.2/.test,$(TEST_ALL))

help:
	@echo 'make demo       import a real take, add noise, denoise it with each model: a scene, a picture, a report in build/demo'
	@echo 'make test       the tests on one Blender, and those of training and export where there is Python 3.11'
	@echo 'make test-all   the same on every Blender, and the built extension in the real application'
	@echo 'make lint       ruff and mypy; `make format` mends what ruff can'
	@echo 'make bench      speed beside Blender'\''s own ways, as ratios; a job'\''s steps in a window (PARTS="keys preview" for some)'
	@echo 'make extension  the zips to install, one a platform, in build/extension'
	@echo 'make gui        the panel in a real window: screenshots in build/gui'
	@echo 'make clean      remove build and the environments'

demo: .venv/.demo
	.venv/bin/python -m tests.demo

test: $(TEST)
	.venv/bin/python -m tests.run one

test-all: $(TEST_ALL)
	.venv/bin/python -m tests.run all $(if $(COMPLETE),--complete)

lint: .venvs/lint/.lint
	.venvs/lint/bin/ruff check .
	.venvs/lint/bin/ruff format --check .
	.venvs/lint/bin/mypy

format: .venvs/lint/.lint
	.venvs/lint/bin/ruff check --fix .
	.venvs/lint/bin/ruff format .

# All parts, or those that are named: make bench PARTS="keys preview", make bench PARTS=application
MEASURED := $(filter-out application,$(PARTS))
bench: $(BENCH)
	$(if $(MEASURED)$(if $(PARTS),,all),for folder in $(dir $^); do \
	  $${folder}bin/python -m tests.benchmarks $(MEASURED) || exit 1; done)
	$(if $(filter application,$(PARTS))$(if $(PARTS),,all),.venv/bin/python -m tests.benchmarks.application)

extension: .venv/.demo
	.venv/bin/python -m export extension

gui: .venv/.demo
	.venv/bin/python -m tests.gui

clean:
	rm -rf build .venv .venvs

# $(call install,INTERPRETER,GROUPS): the environment that holds the stamp $@, with what the groups name.
define install
	@echo "$(@D): $(2)"
	@$(if $(1),,echo "Python 3.11 (or 3.13) was not found: install it, or say where it is, as in PYTHON311=/usr/bin/python3.11" >&2; exit 1)
	@$(1) -m venv $(@D)
	@$(@D)/bin/python -m pip install -qq --constraint constraints.txt pip
	@$(@D)/bin/python -m pip install -qq --constraint constraints.txt $(addprefix --group ,$(2))
	@case '$(2)' in *blender*) $(@D)/bin/python -c 'import bpy; import os; os._exit(0)' || { echo \
	  "Blender's module does not load. On Debian and Ubuntu: apt-get install" $$(cat .ci/debian-packages) >&2; exit 1; };; esac
	@touch $@
endef

PINS := constraints.txt pyproject.toml
.venv/.demo: $(PINS)
	$(call install,$(PYTHON),$(BLENDER_GROUP) demo)
.venv/.test: .venv/.demo
	$(call install,$(PYTHON),$(BLENDER_GROUP) demo test)
.venvs/blender-4.2/.test: $(PINS)
	$(call install,$(PYTHON311),blender-4-2 test)
.venvs/blender-5.2/.test: $(PINS)
	$(call install,$(PYTHON313),blender-5-2 test)
.venvs/training/.test: $(PINS)
	$(call install,$(PYTHON311),training test)
.venvs/lint/.lint: $(PINS)
	$(call install,$(PYTHON),lint)
