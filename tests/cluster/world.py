"""What is around slipway in the cluster: namespaces, secrets, a registry, a Git server, PostgreSQL; and how all of it goes again."""

import base64
import contextlib
import pathlib
import secrets

from cluster import HAS_ROLLOUT, NAMESPACES, PORTS, SERVICES, SLIPWAY, TRAINING, Failure
from cluster import apply, command, config_map, helm, kubectl, node, read, rolled_out, secret
from harness import Sample

DATABASE_HOST = f"postgres.{SERVICES}.svc.cluster.local"
RELEASES = (("training-frontend", TRAINING), ("training-backend", TRAINING), ("slipway", SLIPWAY))
# Each namespace is as strict as what is in it lets it be.
POD_SECURITY = {SLIPWAY: "privileged", TRAINING: "restricted", SERVICES: "privileged"}


def new_signing_key():
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class World:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.node, self.address = node()
        self.git_token, self.write_token = secrets.token_hex(16), secrets.token_hex(16)
        self.signing_key = new_signing_key()

    # --- there

    def make_namespaces(self):
        for name in NAMESPACES:
            kubectl("create", "namespace", name)
            kubectl("label", "namespace", name, "slipway-test=true", f"pod-security.kubernetes.io/enforce={POD_SECURITY[name]}")

    def make_volumes(self):
        self.run_on_node("mkdir -p /host/slipway-test/database /host/slipway-test/queue && chmod 777 /host/slipway-test/queue")
        classes = read("storageclasses")["items"]
        mark = "storageclass.kubernetes.io/is-default-class"
        has_default = any(item["metadata"].get("annotations", {}).get(mark) == "true" for item in classes)
        apply("storage.yaml", NODE=self.node, IS_DEFAULT=str(not has_default).lower())

    def run_on_node(self, script):
        apply("folders.yaml", NODE=self.node, SCRIPT=script)
        try:
            kubectl("wait", "pod/folders", "--namespace", SERVICES, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s", seconds=70)
        finally:
            kubectl("delete", "pod", "folders", "--namespace", SERVICES, "--grace-period=1")

    def make_secrets(self):
        authority, certificate, key = self.make_certificate()
        admin, notify = secrets.token_hex(16), new_signing_key()
        secret(SERVICES, "git", token=self.git_token)
        secret(SERVICES, "administrator", password=admin)
        secret(SERVICES, "postgres-tls", **{"tls.crt": certificate, "tls.key": key})
        secret(SLIPWAY, "slipway-gitlab", clone=self.git_token, signing=self.signing_key)
        secret(SLIPWAY, "slipway-api", write=self.write_token, notify=notify)
        secret(SERVICES, "rollout", signing=notify)
        secret(SLIPWAY, "slipway-database", database_password=secrets.token_hex(16))
        secret(TRAINING, "training-database", password=secrets.token_hex(16))
        for namespace in (SLIPWAY, TRAINING):
            secret(namespace, "postgres-administrator", username="postgres", password=admin)
            config_map(namespace, "postgres-ca", ca_pem=authority)

    def make_certificate(self):
        """The database's, from an authority of its own: what RDS's bundle is elsewhere."""
        names = {part: self.folder / part for part in ("ca.key", "ca.pem", "tls.key", "tls.csr", "tls.crt", "names")}
        names["names"].write_text(f"subjectAltName=DNS:{DATABASE_HOST}\n")
        openssl = ("openssl", "req", "-newkey", "rsa:2048", "-nodes")
        command(*openssl, "-x509", "-keyout", names["ca.key"], "-out", names["ca.pem"], "-subj", "/CN=slipway-test", "-days", "2")
        command(*openssl, "-keyout", names["tls.key"], "-out", names["tls.csr"], "-subj", "/CN=postgres")
        command(
            "openssl", "x509", "-req", "-in", names["tls.csr"], "-CA", names["ca.pem"], "-CAkey", names["ca.key"], "-CAcreateserial",
            "-out", names["tls.crt"], "-days", "2", "-extfile", names["names"],
        )
        return tuple(names[part].read_text() for part in ("ca.pem", "tls.crt", "tls.key"))

    def start_services(self):
        apply("services.yaml")
        apply("reach.yaml")
        if HAS_ROLLOUT:
            apply("rollout.yaml")
        for name in ("registry", "git", "postgres", *(["rollout"] if HAS_ROLLOUT else [])):
            rolled_out(SERVICES, f"deployment/{name}")

    # --- the repository

    def make_repository(self):
        return Repository(self.folder / "images", f"http://{self.address}:{PORTS['git']}/images.git", self.git_token)

    # --- gone

    @staticmethod
    def remove():
        """All that a story makes, also what one that was interrupted has left."""
        for name, namespace in RELEASES:
            with contextlib.suppress(Failure):
                helm("uninstall", name, "--namespace", namespace, "--ignore-not-found", "--wait", "--timeout", "90s", seconds=100)
        world = World("/")
        if read("namespaces", "--selector", "slipway-test=true")["items"]:
            with contextlib.suppress(Failure):
                kubectl("delete", "deployment", "--all", "--namespace", SERVICES, "--timeout=60s", seconds=70)
                kubectl("delete", "pod", "--all", "--namespace", SERVICES, "--timeout=60s", seconds=70)
                world.run_on_node("rm -rf /host/slipway-test")
        for kind in ("namespace", "persistentvolume", "storageclass"):
            kubectl("delete", kind, "--selector", "slipway-test=true", "--ignore-not-found", "--timeout=120s", seconds=130)


class Repository(Sample):
    """Sample with a remote."""

    def __init__(self, folder, url, token):
        super().__init__(folder, f"localhost:{PORTS['registry']}")
        self.url, self.tip = url, "0" * 40
        self.header = "Authorization: Basic " + base64.b64encode(f"oauth2:{token}".encode()).decode()

    def push(self):
        """Commits and pushes what was written: the tips before and after."""
        before, self.tip = self.tip, self.commit()
        self.push_tip()
        return before, self.tip

    def push_tip(self):
        # By the environment: arguments are for everybody on the machine to see.
        access = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader", "GIT_CONFIG_VALUE_0": self.header}
        command("git", "-C", self.folder, "push", "--quiet", self.url, "HEAD:refs/heads/main", environment=access, seconds=60)


def objects(namespace):
    """All that is in a namespace, by kind and name; what the cluster itself writes there is left out."""
    kinds = kubectl("api-resources", "--verbs=list", "--namespaced", "--output", "name").split()
    kinds = [kind for kind in kinds if not kind.startswith(("events", "endpoints", "endpointslices", "leases"))]
    return set(kubectl("get", ",".join(kinds), "--namespace", namespace, "--output", "name", "--ignore-not-found").split())
