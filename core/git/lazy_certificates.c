/* libgit2 reads all certificate authorities of the system when it starts, through these two functions of mbedTLS. The linker's
 * --wrap sends the calls here: until load_certificates() sets the flag they succeed with an empty list, which trusts nobody. */
#include <stddef.h>

extern int slipway_load_certificates;

int __real_mbedtls_x509_crt_parse_file(void* chain, const char* path);
int __real_mbedtls_x509_crt_parse_path(void* chain, const char* path);

int __wrap_mbedtls_x509_crt_parse_file(void* chain, const char* path) {
    return slipway_load_certificates ? __real_mbedtls_x509_crt_parse_file(chain, path) : 0;
}

int __wrap_mbedtls_x509_crt_parse_path(void* chain, const char* path) {
    return slipway_load_certificates ? __real_mbedtls_x509_crt_parse_path(chain, path) : 0;
}
