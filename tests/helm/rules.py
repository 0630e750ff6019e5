"""What every chart keeps to, in each mode of its ci folder: a mixin for the TestCase of a chart, which names it as `chart`."""

import itertools
import json
import os
import pathlib

from rendering import KUBERNETES, containers, merged, missing, pod_of, run, tool, value_rows

# Kinds that Kubernetes itself does not have.
FOREIGN = "HTTPRoute,ServiceMonitor,PrometheusRule,ExternalSecret,ScaledObject,TriggerAuthentication"
MONITORING = ("--api-versions", "monitoring.coreos.com/v1")
LABELS = ("helm.sh/chart", "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/version", "app.kubernetes.io/managed-by")


class Rules:
    def each_mode(self):
        for name, values in self.chart.modes().items():
            yield name, self.chart.render(values, *MONITORING)

    def each_pod(self):
        for mode, objects in self.each_mode():
            for found in objects:
                if pod := pod_of(found):
                    yield f"{mode}: {found['kind']} {found['metadata']['name']}", pod[1]

    def test_lint_passes(self):
        for path in sorted(self.chart.folder.glob("ci/*-values.yaml")):
            with self.subTest(mode=path.name):
                done = run(tool("helm"), "lint", "--strict", "--kube-version", KUBERNETES, self.chart.folder, "--values", path)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_objects_fit_the_schemas_of_kubernetes(self):
        folders = [folder for folder in os.environ.get("KUBERNETES_SCHEMAS", "").split(":") if folder]
        if not folders or missing("kubeconform"):
            self.skipTest("KUBERNETES_SCHEMAS names no folder, or there is no kubeconform")
        for folder, (name, values) in itertools.product(folders, self.chart.modes().items()):
            with self.subTest(mode=name, schemas=folder):
                location = str(pathlib.Path(folder) / "{{.ResourceKind}}{{.KindSuffix}}.json")
                done = run(tool("kubeconform"), "-strict", "-schema-location", location, "-skip", FOREIGN, text=self.chart.template(values).stdout)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_objects_have_labels_and_no_namespace(self):
        for mode, objects in self.each_mode():
            for metadata in (found["metadata"] for found in objects):
                with self.subTest(mode=mode, name=metadata["name"]):
                    self.assertEqual([label for label in LABELS if label not in metadata["labels"]], [])
                    self.assertNotIn("namespace", metadata)

    def test_names_have_room_in_long_releases(self):
        for name, values in self.chart.modes().items():
            with self.subTest(mode=name):
                objects = self.chart.render(values, release="r" * 53)
                names = [(found["kind"], found["metadata"]["name"]) for found in objects]
                self.assertEqual(len(set(names)), len(names))
                self.assertLessEqual(max(len(name) for _, name in names), 63)

    def test_selectors_choose_pods_of_one_component(self):
        for mode, objects in self.each_mode():
            pods = [pod[0] for pod in map(pod_of, objects) if pod]
            for found in objects:
                spec = found.get("spec", {})
                chosen = {"Service": "selector", "Deployment": "selector", "PodDisruptionBudget": "selector", "NetworkPolicy": "podSelector"}.get(found["kind"])
                if chosen:
                    wanted = spec[chosen].get("matchLabels", spec[chosen])
                    fitting = [labels for labels in pods if wanted.items() <= labels.items()]
                    self.assertEqual(len(fitting), 1, f"{mode}: {found['kind']} {found['metadata']['name']}")

    def test_pods_keep_to_the_restricted_profile(self):
        for pod, spec in self.each_pod():
            with self.subTest(pod):
                context = spec["securityContext"]
                self.assertTrue(context["runAsNonRoot"])
                self.assertGreater(context["runAsUser"], 0)
                self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"})
                self.assertIs(spec["automountServiceAccountToken"], False)
                self.assertEqual({"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), set())
                for container in containers(spec):
                    context = container["securityContext"]
                    self.assertIs(context["allowPrivilegeEscalation"], False)
                    self.assertIs(context["readOnlyRootFilesystem"], True)
                    self.assertEqual(context["capabilities"], {"drop": ["ALL"]})

    def test_containers_say_what_they_need(self):
        for pod, spec in self.each_pod():
            with self.subTest(pod):
                for container in containers(spec):
                    self.assertTrue(container["resources"]["requests"].keys() >= {"cpu", "memory"})
                    self.assertIn("memory", container["resources"]["limits"])

    def test_volumes_are_there_and_used(self):
        for pod, spec in self.each_pod():
            with self.subTest(pod):
                mounted = {mount["name"] for container in containers(spec) for mount in container.get("volumeMounts", [])}
                self.assertEqual(mounted, {volume["name"] for volume in spec.get("volumes", [])})

    def test_each_value_has_a_comment(self):
        commented = {path for path, _, _ in value_rows((self.chart.folder / "values.yaml").read_text())}

        def bare(values, path):
            if path in commented:
                return []
            if not isinstance(values, dict) or not values:
                return [path]
            return [each for key, value in values.items() for each in bare(value, f"{path}.{key}" if path else key)]

        self.assertEqual(bare(self.chart.values(), ""), [])

    def test_schema_knows_the_values_and_no_others(self):
        schema = json.loads((self.chart.folder / "values.schema.json").read_text())

        def differences(values, part, path):
            if "$ref" in part:
                part = schema["$defs"][part["$ref"].rpartition("/")[2]]
            if part.get("additionalProperties") is not False:
                return []
            known = part["properties"]
            found = [f"{path}.{key}" for key in (values.keys() ^ known.keys()) - {"global", "claims"}]
            return found + list(itertools.chain(*(differences(values[key], known[key], f"{path}.{key}") for key in values.keys() & known.keys() if isinstance(values[key], dict))))

        self.assertEqual(differences(self.chart.values(), schema, ""), [])
        self.assertIn("additional properties 'replcas' not allowed", self.chart.refusal({"replcas": 2}))

    def test_readme_has_the_table_of_values(self):
        rows = [f"| `{path}` | `{default}` | {text} |" for path, default, text in value_rows((self.chart.folder / "values.yaml").read_text())]
        table = "\n".join(["| value | default | what |", "| --- | --- | --- |", *rows]) + "\n"
        readme = self.chart.folder / "README.md"
        before, mark, rest = readme.read_text().partition("| value | default | what |\n")
        self.assertTrue(mark, "README.md has no table of values")
        if os.environ.get("SLIPWAY_TEST_ACCEPT"):
            after = rest.partition("\n\n")
            readme.write_text(before + table + (f"\n{after[2]}" if after[1] else ""))
        self.assertIn(table, readme.read_text(), "SLIPWAY_TEST_ACCEPT=1 rewrites it")

    def test_images_go_by_digest_before_tag(self):
        base = merged(next(iter(self.chart.modes().values())), {"image": {"registry": "", "repository": self.chart.name, "digest": ""}})
        digest = "sha256:" + "a" * 64
        for image, wanted in (
            ({"digest": digest, "tag": "2"}, f"{self.chart.name}@{digest}"),
            ({"tag": "2"}, f"{self.chart.name}:2"),
            ({"registry": "r.example:5000", "repository": "team/x", "tag": "2"}, "r.example:5000/team/x:2"),
        ):
            objects = self.chart.render(merged(base, {"image": image}))
            self.assertEqual(objects.one("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"], wanted)
        for image in ({"digest": "sha256:abc"}, {"registry": "r/team"}, {"repository": "x:1"}, {"pullPolicy": "Sometimes"}):
            self.assertIn(f"'/image/{next(iter(image))}'", self.chart.refusal(merged(base, {"image": image})))
