/* libgit2 makes TLS and SSH ready when it starts: entropy, all certificate authorities of the system, OpenSSL's engines. The linker's
 * --wrap sends these two steps of its start here, where they are left out; start_transports() takes them. */

int __real_git_mbedtls_stream_global_init(void);
int __real_git_transport_ssh_global_init(void);

int __wrap_git_mbedtls_stream_global_init(void) { return 0; }
int __wrap_git_transport_ssh_global_init(void) { return 0; }

int slipway_start_transports(void) {
    const int code = __real_git_mbedtls_stream_global_init();
    return code < 0 ? code : __real_git_transport_ssh_global_init();
}
