# What the makefiles of the three trainings have in common: encode, train, resume, clean.
# SPDX-License-Identifier: Apache-2.0
#
# STAGE, RECIPE and ORDER come from the makefile that includes this.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := train

ROOT := ../..
MODEL ?= ../tiny-llava
IMAGES ?= ../images
# The directory of features and run; without spaces.
OUT ?= out
# Where the parts of a model lie apart: PARTS='--vision clip --language vicuna'.
PARTS ?= -m "$$MODEL"
# More options of llava-train, such as --micro-batch 2 --accumulate 64.
OPTIONS ?=
export MODEL DATA IMAGES
# The tools of this checkout where they are built, else the installed ones.
export PATH := $(if $(LLAVA_TOOLS_DIRECTORY),$(LLAVA_TOOLS_DIRECTORY),$(abspath $(ROOT)/.build/release)):$(PATH)
# Status 1 says: complete, some records skipped and reported.
DONE = || [ $$? -eq 1 ]
LEARN = llava-train $(STAGE) $(PARTS) --recipe $(RECIPE) $(ORDER) $(OPTIONS) --log $(OUT)/log.jsonl

train: $(OUT)/features.tsz ## Train from the beginning
	$(LEARN) -o $(OUT)/run $< $(DONE)

resume: $(OUT)/features.tsz ## Go on from the last checkpoint
	$(LEARN) --resume -o $(OUT)/run $< $(DONE)

# Kept, as the tower stays as it is: another run, another order and every epoch read it again.
encode: $(OUT)/features.tsz ## Encode the pictures

$(OUT)/features.tsz: $(OUT)/inputs.txt
	{ convo-format --train --recipe $(RECIPE) "$$DATA" \
	  | clip-encode $(PARTS) --recipe $(RECIPE) --image-root "$$IMAGES" -o $@; } $(DONE)

# The model, the data and what the recipe makes of records: when one of them is another, the pictures
# are encoded anew.
$(OUT)/inputs.txt: FORCE
	@mkdir -p $(OUT)
	@{ convo-format --recipe $(RECIPE) --print-recipe | sed -n '/^# convo/,/^# llava/p'; \
	  printf '%s\n' $(PARTS) "$$DATA" "$$IMAGES"; stat -L -c '%s %Y' "$$DATA"; } > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

clean: ## Remove features and run
	rm -rf $(OUT)

.PHONY: FORCE train resume encode clean
FORCE:
