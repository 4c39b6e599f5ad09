"""Which config is read; keys that stand twice and mistakes of YAML are refused by line and column."""

import sys

from snakemake.utils import min_version

from markovlens.config.documents import check_config_files
from markovlens.errors import ConfigError, in_full

min_version("9.0")

DEFAULT_CONFIG = "config/config.yaml"

# Before Snakemake merges the files: a merged config shows no key that stood twice.
try:
    check_config_files(workflow.overwrite_configfiles or [DEFAULT_CONFIG])
except ConfigError as error:
    sys.exit(f"Bad config:\n{in_full(error)}")

# A config file named on the command line replaces the default one; Snakemake would mix the two.
if not workflow.overwrite_configfiles:

    configfile: DEFAULT_CONFIG
