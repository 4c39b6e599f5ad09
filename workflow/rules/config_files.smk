"""Refuses config files with keys that stand twice, and mistakes of YAML, by line and column."""

import sys

from markovlens.config_files import check_config_files
from markovlens.errors import ConfigError

try:
    check_config_files(workflow.overwrite_configfiles or ["config/config.yaml"])
except ConfigError as error:
    sys.exit(f"Bad config:\n{error}")
