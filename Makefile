# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

run := tests/tooling/run
.DEFAULT_GOAL := help
# The programs run side by side on their own.
.NOTPARALLEL:

help:  ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

test:  ## set everything up and run every test; STEP="units sanity-2.19" for some, JOBS=2 for fewer at a time
	@$(run) test $(if $(JOBS),--jobs $(JOBS)) $(STEP)

test-all:  ## that, and what needs hosts of the lab: the whole matrix
	@$(run) test --all $(if $(JOBS),--jobs $(JOBS)) $(STEP)

test-list:  ## the steps of `make test`, and which ones this machine skips
	@$(run) list

demo:  ## lose a manager, then, as root, a cluster of hosts, and prove that everything comes back; ARGS=one_manager, ARGS=cluster
	@$(run) demo $(ARGS)

standin:  ## start the stand-in manager; ARGS="--state DIR --profile 7.0.5"
	@$(run) standin $(if $(ARGS),$(ARGS),--state tests/output/standin)

lab:  ## start hosts to try things on, as root, and give a shell beside them; HOSTS=9 for more than three
	@$(run) lab serve $(if $(HOSTS),--hosts $(HOSTS))

lab-shell:  ## another shell in the lab that runs
	@$(run) lab $(if $(LAB),--lab $(LAB)) shell

fidelity:  ## compare the stand-in manager with recordings of a real one
	@$(run) fidelity $(ARGS)

bench:  ## compare the speed of transfers with curl and with the vendor's client; ARGS=--runbooks: of rebuilding clusters, as root
	@$(run) bench $(ARGS)

lint:  ## formatters, linters and checks of the repository
	@$(run) test $(if $(JOBS),--jobs $(JOBS)) lint

format:  ## format the Python files
	@$(run) format

docs:  ## build the documentation into docs/build
	@$(run) docs

build:  ## build the collection's tarball into build/
	@$(run) build

clean:  ## remove what was built inside the repository
	@$(run) clean

distclean:  ## remove that, and the environments in the cache
	@$(run) distclean

.PHONY: help test test-all test-list demo standin lab lab-shell fidelity bench lint format docs build clean distclean
