"""The story's images: made by the engine of DOCKER_HOST, taken into the cluster by SLIPWAY_CLUSTER_LOAD."""

import os
import pathlib
import shlex
import shutil
import tempfile

from cluster import HAS_ROLLOUT, HELM, HERE, ROOT, SERVICES, command, forwarded

OURS = ("slipway-test/services:latest", "slipway-test/engine:latest", "slipway-test/bases:latest")


def docker(*arguments, seconds=600):
    # The classic builder uses the base that this engine has; BuildKit would look for a newer one elsewhere.
    return command("docker", *arguments, seconds=seconds, environment={"DOCKER_BUILDKIT": "0"})


def image_id(name):
    return docker("image", "inspect", "--format", "{{.Id}}", name).strip()


def slipway_version():
    chart = (ROOT / "helm/slipway/Chart.yaml").read_text()
    return next(line.split()[1].strip('"') for line in chart.splitlines() if line.startswith("appVersion:"))


def build():
    """SLIPWAY_CLUSTER_IMAGE names an archive of slipway's image, which else is built: ten minutes where nothing is cached."""
    for name in OURS:
        folder = HERE / "images" / name.split("/")[1].split(":")[0]
        docker("build", "--quiet", "--tag", name, folder)
    if HAS_ROLLOUT:
        build_rollout()
    image, archive = f"slipway:{slipway_version()}", os.environ.get("SLIPWAY_CLUSTER_IMAGE")
    if archive:
        docker("load", "--quiet", "--input", archive)
        image_id(image)
    else:
        docker("build", "--quiet", "--tag", image, ROOT, seconds=3600)
    return [image, *OURS[:2], *(["slipway-test/rollout:latest"] if HAS_ROLLOUT else [])]


def build_rollout():
    with tempfile.TemporaryDirectory() as folder:
        context = pathlib.Path(folder)
        shutil.copy(HERE / "images/rollout/Dockerfile", context)
        shutil.copy(HELM, context / "helm")
        shutil.copytree(ROOT / "deploy/rollout/rollout", context / "rollout", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("training-backend", "training-frontend"):
            shutil.copytree(ROOT / "helm" / name, context / "charts" / name, ignore=shutil.ignore_patterns("__pycache__"))
        docker("build", "--quiet", "--tag", "slipway-test/rollout:latest", context)


def load(*names):
    """For a cluster that gets its images otherwise SLIPWAY_CLUSTER_LOAD is empty."""
    words = shlex.split(os.environ.get("SLIPWAY_CLUSTER_LOAD", ""))
    if words:
        command(*words, *names, seconds=300)


def push_bases():
    """Where the engines of the pods look for debian:bookworm-slim: in the registry of the cluster."""
    with forwarded(SERVICES, "service/registry", 5000) as port:
        name = f"127.0.0.1:{port}/library/debian:bookworm-slim"
        docker("tag", "slipway-test/bases:latest", name)
        try:
            docker("push", "--quiet", name, seconds=240)
        finally:
            docker("rmi", "--no-prune", name)
