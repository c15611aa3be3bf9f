# Fails if an object file of one instruction set defines a weak symbol: the linker may take that copy for the whole
# program, which then runs instructions that the CPU does not have.
#
# cmake -DNM=<nm> "-DSOURCES=<source>;..." "-DOBJECTS=<object>;..." -P check-kernel-symbols.cmake
#   SOURCES   of all kernel sets that are built
#   OBJECTS   of the whole library

foreach(source ${SOURCES})
    set(found "${OBJECTS}")
    list(FILTER found INCLUDE REGEX "/${source}[^/]*$")
    if (NOT found)
        message(SEND_ERROR "${source} has no object file")
        continue()
    endif()
    execute_process(COMMAND "${NM}" -C --defined-only "${found}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE "[^\n]* DW\\.ref\\.[^\n]*" "" symbols "${symbols}") # a pointer for exception handling
    string(REGEX MATCHALL "[^\n]* [VWuvw] [^\n]*" weak "${symbols}")
    foreach(symbol ${weak})
        message(SEND_ERROR "${found} defines a weak symbol: ${symbol}")
    endforeach()
endforeach()
list(LENGTH SOURCES n_checked)
message(STATUS "${n_checked} object files of single instruction sets checked")
