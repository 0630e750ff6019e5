"""What .gitlab-ci.yml promises beyond what GitLab's schema says."""

import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PIPELINE = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
WORDS = {"stages", "variables", "workflow", "default"}


def merged(name):
    """A job with all that it extends, as GitLab merges: maps by their keys, all else whole."""
    job = PIPELINE[name]
    parents = job.get("extends", [])
    result = {}
    for part in [merged(parent) for parent in ([parents] if isinstance(parents, str) else parents)] + [job]:
        for key, value in part.items():
            known = result.get(key)
            result[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
    return result


JOBS = {name: merged(name) for name in PIPELINE if name not in WORDS and not name.startswith(".")}
OF_AWS = {name: job for name, job in JOBS.items() if "id_tokens" in job}


def test_every_part_of_the_tests_runs():
    parts = [part for job in JOBS.values() for entry in job.get("parallel", {}).get("matrix", []) for part in entry["PART"]]
    usage = subprocess.run([ROOT / "tests/run", "--help"], capture_output=True, text=True, check=True).stdout
    default = re.search(r"Without a part: (.*?)\. ", usage)[1].split()
    assert sorted(parts) == sorted(default)


def test_no_key_is_anywhere():
    text = (ROOT / ".gitlab-ci.yml").read_text()
    assert not re.search(r"SECRET_ACCESS|ACCESS_KEY|AKIA|CI_JOB_JWT|PASSWORD", text)
    for name in JOBS:
        assert ("AWS_ROLE_ARN" in str(JOBS[name])) == (name in OF_AWS), name


def test_who_changes_an_environment_does_so_alone_after_the_merge():
    changing = {name: job for name, job in OF_AWS.items() if job["variables"]["ROLE"] != "plan"}
    assert sorted(changing) == ["apply production", "apply staging", "release production", "release staging"]
    for name, job in changing.items():
        assert job["resource_group"] == "$ENVIRONMENT", name
        assert job["environment"]["name"] == job["variables"]["ENVIRONMENT"], name
        assert [rule["if"] for rule in job["rules"]] == ["$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"], name
        assert job["interruptible"] is False, name


def test_production_is_begun_by_hand_after_its_plan_and_staging():
    apply = JOBS["apply production"]
    assert apply["rules"][0]["when"] == "manual"
    assert apply["needs"] == ["plan production", "release staging"]
    assert JOBS["release production"]["needs"] == ["apply production"]


@pytest.mark.parametrize("name", [name for name in JOBS if name != "plan images"])
def test_scripts_are_there(name):
    for line in JOBS[name]["script"]:
        script = ROOT / line.split()[0]
        assert script.exists() and script.stat().st_mode & 0o100, line


@pytest.mark.parametrize("name", list(OF_AWS))
def test_roles_are_those_of_bootstrap(name):
    variables = JOBS[name]["variables"]
    code = (ROOT / "terraform/bootstrap/ci.tf").read_text()
    assert '"${var.name}-ci-${each.key}"' in code and f'"{variables["ROLE"]}"' in code
    assert (ROOT / "terraform/environments" / variables["ENVIRONMENT"]).is_dir()
