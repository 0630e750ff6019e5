/* Debian's libgit2.a can sign in by Kerberos and calls GSSAPI for it, of which there is no static library. slipway signs in by token
 * or key, so each of these says "not available" and libgit2 goes on to the next way. */

enum { gss_s_unavailable = 16 << 16 };

const void* GSS_C_NT_HOSTBASED_SERVICE = 0;

unsigned gss_indicate_mechs(void) { return gss_s_unavailable; }
unsigned gss_import_name(void) { return gss_s_unavailable; }
unsigned gss_init_sec_context(void) { return gss_s_unavailable; }
unsigned gss_display_status(void) { return gss_s_unavailable; }
unsigned gss_delete_sec_context(void) { return gss_s_unavailable; }
unsigned gss_release_buffer(void) { return gss_s_unavailable; }
unsigned gss_release_name(void) { return gss_s_unavailable; }
unsigned gss_release_oid_set(void) { return gss_s_unavailable; }
