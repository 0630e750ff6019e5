"""From the webhook to the images in the registry."""

import unittest

from harness import ZEROS, Case, on_every_engine, push_event


@on_every_engine
class Push(Case):
    def test_builds_and_pushes_what_changed_and_what_stands_on_it(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        before = sample.four_images()
        sample.write("base/release.txt", "second")
        after = sample.commit("base: second")
        daemon = self.start_daemon(sample)

        build = daemon.finished(daemon.push(before, after))

        self.assert_succeeded(build)
        self.assert_pushed(registry, build, {"base", "web", "worker"})
        self.assertEqual(registry.catalog(), {"base", "web", "worker"})
        for name in ("base", "web", "worker"):
            self.assertEqual(registry.files(name)["etc/release.txt"], b"second", name)
        self.assertEqual(registry.files("worker")["copied.txt"], b"second")
        self.assertEqual(registry.files("web")["srv/index.html"], b"first page")

    def test_labels_images_with_their_commit(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        sample.image(
            "tool", "FROM scratch\nCOPY manifest.yml /\n",
            "image: team/tool\nversion: 3.10\ntags: [latest]\nlabels: {team: web, org.opencontainers.image.title: Tool}\n",
        )
        after = sample.commit()
        daemon = self.start_daemon(sample)

        build = daemon.finished(daemon.push(ZEROS, after))

        self.assert_succeeded(build)
        created = sample.git("log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%S", "--format=%cd")
        labels = registry.labels("team/tool", "3.10")
        prefix = "org.opencontainers.image."
        self.assertEqual(labels["team"], "web")
        self.assertEqual(labels[prefix + "revision"], after)
        self.assertEqual(labels[prefix + "version"], "3.10")
        self.assertEqual(labels[prefix + "title"], "Tool", "the manifest's own label counts")
        self.assertEqual(labels[prefix + "source"], str(sample.folder))
        self.assertTrue(labels[prefix + "created"].startswith(created), (labels, created))
        self.assertEqual(registry.digest("team/tool", "latest"), registry.digest("team/tool", "3.10"))

    def test_a_child_is_built_after_its_parent_on_the_new_one(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        sample.base()
        sample.image("middle", 'FROM {base}\nRUN ["/bin/busybox", "cp", "/etc/release.txt", "/middle.txt"]\n')
        sample.image("top", 'FROM {middle}\nRUN ["/bin/busybox", "cp", "/middle.txt", "/top.txt"]\n')
        daemon = self.start_daemon(sample)
        self.assert_succeeded(daemon.finished(daemon.push(ZEROS, before := sample.commit())))
        sample.write("base/release.txt", "second")

        build = daemon.finished(daemon.push(before, sample.commit()))

        self.assert_succeeded(build)
        steps = {step["folder"]: step for step in build["steps"]}
        self.assertEqual([step["folder"] for step in build["steps"]], ["base", "middle", "top"])
        self.assertLessEqual(steps["base"]["built"], steps["middle"]["started"])
        self.assertLessEqual(steps["middle"]["built"], steps["top"]["started"])
        self.assertEqual([reason["kind"] for reason in steps["base"]["reasons"]], ["changed"])
        self.assertEqual(steps["top"]["reasons"], [{"kind": "base_rebuilt", "folder": "middle"}])
        self.assertEqual(registry.files("top")["top.txt"], b"second")


class Range(Case):
    """Which commits a push compares."""

    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        for name in ("one", "two"):
            self.sample.image(name, "FROM scratch\nCOPY . /\n")
        self.first = self.sample.commit()
        self.daemon = self.start_daemon(self.sample)

    def change(self, folder, text="changed"):
        self.sample.write(f"{folder}/file.txt", text)
        return self.sample.commit()

    def finish(self, before, after, ref="refs/heads/main"):
        return self.daemon.finished(self.daemon.push(before, after, ref))

    def test_the_first_push_of_the_default_branch_builds_all(self):
        build = self.finish(ZEROS, self.first)
        self.assertEqual(build["plan"]["base"], {"commit": None, "rule": "empty"})
        self.assert_pushed(self.registry, build, {"one", "two"})

    def test_a_new_branch_builds_what_it_adds_to_the_default_branch(self):
        self.sample.git("checkout", "-q", "-b", "feature-1")
        after = self.change("two")
        self.sample.git("checkout", "-q", "main")
        build = self.finish(ZEROS, after, "refs/heads/feature-1")
        self.assertEqual(build["plan"]["base"], {"commit": self.first, "rule": "merge_base"})
        self.assert_pushed(self.registry, build, {"two"})

    def test_a_forced_push_whose_before_is_gone_builds_what_the_branch_adds(self):
        self.sample.git("checkout", "-q", "-b", "feature-1")
        gone = self.change("one")
        self.sample.git("reset", "-q", "--hard", self.first)
        after = self.change("two")
        self.sample.git("checkout", "-q", "main")
        self.sample.git("reflog", "expire", "--expire=now", "--all")
        self.sample.git("gc", "-q", "--prune=now")
        build = self.finish(gone, after, "refs/heads/feature-1")
        self.assertEqual(build["plan"]["before"], gone)
        self.assertEqual(build["plan"]["base"], {"commit": self.first, "rule": "merge_base"})
        self.assert_pushed(self.registry, build, {"two"})

    def test_a_push_of_no_image_succeeds_with_nothing_to_do(self):
        self.sample.write("README.md", "words")
        build = self.finish(self.first, self.sample.commit())
        self.assert_succeeded(build)
        self.assertEqual(build["steps"], [])
        self.assertEqual(build["plan"]["unchanged"], 2)

    def test_a_manifest_error_is_in_the_plan_and_the_other_images_are_built(self):
        self.sample.write("two/manifest.yml", "image: two\nversion: 1.0\nbuild_arg: {A: b}\n")
        self.change("one")
        build = self.finish(self.first, self.sample.git("rev-parse", "HEAD"))
        self.assert_pushed(self.registry, build, {"one"})
        self.assertEqual(build["state"], "failed", "a person should see it")
        self.assertIn("two/manifest.yml:3:1: ", build["error"])
        (error,) = build["plan"]["errors"]
        self.assertEqual((error["path"], error["line"], error["column"]), ("two/manifest.yml", 3, 1))
        self.assertIn("build_arg", error["message"])
        self.assertIn("build_args", error["message"])
        self.assertEqual(self.registry.catalog(), {"one"})

    def test_an_image_that_is_not_to_be_pushed_is_only_built(self):
        self.sample.write("two/manifest.yml", "image: two\nversion: 2.0\npush: false\n")
        build = self.finish(self.first, self.sample.commit())
        self.assert_succeeded(build)
        self.assertEqual([step["state"] for step in build["steps"]], ["built"])
        self.assertEqual(self.registry.catalog(), set())


class Remote(Case):
    def test_a_before_that_no_branch_has_any_more_is_fetched_by_its_id(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        for name in ("one", "two"):
            sample.image(name, "FROM scratch\nCOPY . /\n")
        first = sample.commit()
        sample.write("one/file.txt", "changed")
        before = sample.commit()
        sample.git("reset", "-q", "--hard", first)
        sample.git("config", "uploadpack.allowAnySHA1InWant", "true")  # as GitLab has it
        url = self.serve_git(sample, "clone-token")
        daemon = self.start_daemon(sample, repository={"url": url, "credentials": {"token": "clone-token"}})

        build = daemon.finished(daemon.push(before, first))

        self.assertEqual(build["plan"]["base"], {"commit": before, "rule": "before"})
        self.assert_pushed(registry, build, {"one"})


class Policy(Case):
    def test_a_branch_gets_the_tags_of_its_rule_and_a_tag_is_built_by_one_that_names_tags(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        sample.image("one", "FROM scratch\nCOPY . /\n")
        after = sample.commit()
        sample.git("tag", "-a", "-m", "a release", "v1")
        tag = sample.git("rev-parse", "v1")
        rules = [
            {"match": "refs/tags/v*", "push": True, "tags": ["{version}-{branch}"]},
            {"match": "main", "push": True, "tags": ["{version}", "{version}-{sha}"]},
            {"match": "feature", "push": False},
        ]
        daemon = self.start_daemon(sample, repository={"branches": rules})

        of_branch = daemon.finished(daemon.push(ZEROS, after))
        of_tag = daemon.deliver(push_event(ZEROS, tag, "refs/tags/v1", checkout_sha=after))
        self.assertEqual(of_tag.status, 202, of_tag)
        of_tag = daemon.finished(of_tag.json["build"])
        of_feature = daemon.finished(daemon.push(ZEROS, after, "refs/heads/feature"))

        for build in (of_branch, of_tag, of_feature):
            self.assert_succeeded(build)
        tags = set(registry.get("/v2/one/tags/list").json["tags"])
        self.assertTrue({"1.0", f"1.0-{after[:8]}"} <= tags, tags)
        self.assertEqual(of_tag["after"], after, "an annotated tag is its commit")
        self.assertNotIn("pushed", [step["state"] for step in of_feature["steps"]])

    def test_a_child_alone_is_built_on_the_parent_that_its_own_branch_pushed(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        sample.write("one/text.txt", "of main")
        sample.image("one", "FROM scratch\nCOPY text.txt /\n")
        sample.image("child", "FROM {one}\nCOPY manifest.yml more.txt /\n")
        sample.write("child/more.txt", "first")
        first = sample.commit()
        rules = [{"match": "*", "push": True, "tags": ["{version}-{branch}"]}]
        daemon = self.start_daemon(sample, repository={"branches": rules})
        self.assert_succeeded(daemon.finished(daemon.push(ZEROS, first)))
        sample.git("checkout", "-q", "-b", "feature-1")
        sample.write("one/text.txt", "of the feature")
        self.assert_succeeded(daemon.finished(daemon.push(ZEROS, sample.commit(), "refs/heads/feature-1")))
        sample.git("checkout", "-q", "main")
        sample.write("child/more.txt", "second")

        self.assert_succeeded(daemon.finished(daemon.push(first, sample.commit())))

        self.assertEqual(registry.files("child", "1.0-main")["more.txt"], b"second")
        self.assertEqual(registry.files("child", "1.0-main")["text.txt"], b"of main")


if __name__ == "__main__":
    unittest.main()
