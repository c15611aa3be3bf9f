# Fails if an object file of one instruction set defines a weak symbol: the linker may take that copy for the whole
# program, which then runs instructions that the CPU does not have.
#
# cmake -DNM=<nm> "-DOBJECTS=<object>;..." -P check-kernel-symbols.cmake

set(n_checked 0)
foreach(object ${OBJECTS})
    if (NOT object MATCHES "_(avx|amx)[^/]*$")
        continue()
    endif()
    execute_process(COMMAND "${NM}" -C --defined-only "${object}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE "[^\n]* DW\\.ref\\.[^\n]*" "" symbols "${symbols}") # a pointer for exception handling
    string(REGEX MATCHALL "[^\n]* [VWuvw] [^\n]*" weak "${symbols}")
    foreach(symbol ${weak})
        message(SEND_ERROR "${object} defines a weak symbol: ${symbol}")
    endforeach()
    math(EXPR n_checked "${n_checked} + 1")
endforeach()
message(STATUS "${n_checked} object files of single instruction sets checked")
