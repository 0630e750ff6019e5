#!/usr/bin/env python3
"""Puts TCP in front of a Unix socket: tls_front.py SOCKET [FOLDER], with a FOLDER TLS that wants a client's certificate of its own CA.

FOLDER then gets what an engine's client is given (ca.pem, cert.pem, key.pem) and the server's pair, which names 127.0.0.1. Prints its port; ends with
its standard input."""
import contextlib
import pathlib
import socket
import ssl
import subprocess
import sys
import threading


def make_certificates(folder):
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca-key.pem", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1"), ("client", "extendedKeyUsage=clientAuth")):
        (folder / "extension").write_text(extension)
        openssl("req", *key, "-keyout", f"{name}-key.pem", "-out", "request.pem", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-extfile", "extension", "-out", f"{name}.pem", "-days", "2")
    (folder / "client.pem").rename(folder / "cert.pem")
    (folder / "client-key.pem").rename(folder / "key.pem")


def pump(source, target):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def serve(client, context):
    try:
        if context:
            client = context.wrap_socket(client, server_side=True)
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(sys.argv[1])
    except OSError:
        client.close()
        return
    threads = [threading.Thread(target=pump, args=pair, daemon=True) for pair in ((client, engine), (engine, client))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    engine.close()


def main():
    context = None
    if len(sys.argv) > 2:
        folder = pathlib.Path(sys.argv[2])
        make_certificates(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
        context.load_verify_locations(folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


main()
