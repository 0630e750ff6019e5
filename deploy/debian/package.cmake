# What `cmake --install` and `cpack -G DEB` take: the program, its unit and its user. Included by the root's CMakeLists.txt.
include(GNUInstallDirs)
set(deploy ${CMAKE_SOURCE_DIR}/deploy)
install(TARGETS slipway RUNTIME DESTINATION bin)
install(FILES ${deploy}/systemd/slipway.service DESTINATION lib/systemd/system)
install(FILES ${deploy}/systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME slipway.conf)
install(FILES ${deploy}/slipway.example.yml DESTINATION share/doc/slipway/examples RENAME slipway.yml)
install(FILES ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION share/doc/slipway)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME slipway)
set(CPACK_PACKAGE_CONTACT "The slipway maintainers <maintainers@slipway.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Docker image factory for a Git repository")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "A daemon that sees what a push to GitLab changed in a repository of image folders, builds those images and what is built on them through
a Docker Engine, pushes them, and says why. The same program does it once from a shell."
)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, systemd")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "docker.io | docker-ce, libpq5")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "amazon-ecr-credential-helper")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${deploy}/debian/postinst ${deploy}/debian/prerm ${deploy}/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
