# The page's files as a C++ source. npm gets what package-lock.json names, once; the bundle is made anew where a source has changed.
option(SLIPWAY_DASHBOARD "Build the page into the program; wants node 18 or newer, and npm" ON)

set(made ${CMAKE_BINARY_DIR}/generated/dashboard_assets.cpp)
if(SLIPWAY_DASHBOARD)
  find_program(NODE node)
  find_program(NPM npm)
  if(NOT NODE OR NOT NPM)
    message(FATAL_ERROR "The dashboard is bundled by node and npm, which are not here: apt-get install nodejs npm, or leave the page out with -DSLIPWAY_DASHBOARD=OFF")
  endif()
  set(folder ${CMAKE_BINARY_DIR}/dashboard)
  set(here ${CMAKE_CURRENT_LIST_DIR})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${here}/src/*.ts ${here}/src/*.tsx ${here}/src/*.css ${here}/src/*.html)
  add_custom_command(
    OUTPUT ${folder}/installed
    COMMAND ${CMAKE_COMMAND} -E copy ${here}/package.json ${here}/package-lock.json ${folder}
    COMMAND ${NPM} ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error --prefix ${folder}
    COMMAND ${CMAKE_COMMAND} -E touch ${folder}/installed
    DEPENDS ${here}/package.json ${here}/package-lock.json
    COMMENT "Installing what bundles the dashboard"
    VERBATIM
  )
  add_custom_command(
    OUTPUT ${made}
    COMMAND ${NODE} ${here}/bundle.mjs ${folder} ${made}
    DEPENDS ${folder}/installed ${here}/bundle.mjs ${sources}
    COMMENT "Bundling the dashboard"
    VERBATIM
  )
  file(MAKE_DIRECTORY ${folder} ${CMAKE_BINARY_DIR}/generated)
else()
  configure_file(${CMAKE_CURRENT_LIST_DIR}/no_assets.cpp.in ${made} COPYONLY)
endif()
target_sources(server_dashboard PRIVATE ${made})
