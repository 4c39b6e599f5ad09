"""What a user's mistakes look like: one clear line, and nothing half-written."""

import pytest
import yaml

from .conftest import REPOSITORY

pytestmark = [pytest.mark.workflow]


def edited(tmp_path, **sections):
    config = yaml.safe_load((REPOSITORY / "config/smoke.yaml").read_text())
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(config | sections))
    return path


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"sede": 1}, "sede"),
        ({"seeds": []}, "seeds"),
        ({"runs": [{"tasks": ["tomita_9"], "models": ["gru"]}]}, "unknown task 'tomita_9'"),
        ({"runs": [{"tasks": ["parity"], "models": ["grru"]}]}, "unknown model 'grru'"),
        ({"abstractions": {"methods": ["hmmm"]}}, "unknown method 'hmmm'"),
        ({"abstractions": {"n_states": [0]}}, "abstractions.n_states"),
    ],
)
def test_a_bad_config_is_one_clear_line_before_any_job(fresh, tmp_path, section, message):
    done = fresh.snakemake("--dry-run", config=edited(tmp_path, **section))
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert message in output
    assert "Traceback" not in output
    assert not (fresh.folder / "results").exists()


def test_the_default_and_paper_configs_plan_a_run(fresh):
    for name in ("config", "paper"):
        done = fresh.snakemake("--dry-run", "--quiet", "rules", config=f"config/{name}.yaml")
        assert done.returncode == 0, done.stderr[-2000:]
        assert "networks_train" in done.stdout + done.stderr
